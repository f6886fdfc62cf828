/** What a library says of bytes it cannot decode; anything else it throws has left its heap in an unknown state. */
export class CodecFault extends Error {
  override readonly name = 'CodecFault';
}
