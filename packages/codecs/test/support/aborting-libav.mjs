// libav.js whose heap aborts in the middle of the third frame that an encoder or decoder is given.
import real from '@libav.js/variant-webm-vp9';

export default {
  async LibAV(options) {
    const av = await real.LibAV(options);
    for (const name of ['avcodec_send_frame_sync', 'avcodec_send_packet_sync']) {
      const send = av[name];
      let frames = 0;
      av[name] = (context, frame) => {
        if (++frames === 3) throw new WebAssembly.RuntimeError('unreachable');
        return send(context, frame);
      };
    }
    return av;
  },
};
