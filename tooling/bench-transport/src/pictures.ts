import { movingPicture, type VideoFrame } from '@rm/codecs';

/** Pictures that are made beforehand: making them costs more than sending them. */
const COUNT = 60;

/** A moving picture without end and without cuts: it is shown forwards and backwards in turn. */
export function endlessPicture(width: number, height: number): (index: number) => VideoFrame {
  const picture = movingPicture(width, height);
  const made = Array.from({ length: COUNT }, (_, index) => picture(index));
  return (index) => {
    const at = index % (2 * COUNT - 2);
    return made[at < COUNT ? at : 2 * COUNT - 2 - at]!;
  };
}
