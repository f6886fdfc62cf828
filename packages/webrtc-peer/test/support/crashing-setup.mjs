// Sets up a mesh whose worker ends as soon as it is in the room.
import setUp from './mesh-setup.mjs';

export default async ({ how, ...data }) => {
  const options = await setUp(data);
  options.signaling.on('connected', () =>
    setImmediate(() => {
      if (how === 'exits') process.exit(3);
      throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
    }),
  );
  return options;
};
