const WIDTH = 640;
const HEIGHT = 360;
const FRAME_RATE = 30;

/** A moving picture as a track to be sent: a bar that crosses the canvas once in 2 s, and the frame's number. */
export function picture(canvas: HTMLCanvasElement): MediaStreamTrack {
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext('2d')!;
  let frame = 0;
  // An interval, as a page in the background has no animation frames.
  setInterval(() => {
    context.fillStyle = '#223';
    context.fillRect(0, 0, WIDTH, HEIGHT);
    context.fillStyle = '#fc3';
    context.fillRect(((frame / FRAME_RATE / 2) % 1) * WIDTH, 0, 24, HEIGHT);
    context.font = '64px monospace';
    context.fillText(String(frame++), 24, HEIGHT - 24);
  }, 1000 / FRAME_RATE);
  return canvas.captureStream(FRAME_RATE).getVideoTracks()[0]!;
}
