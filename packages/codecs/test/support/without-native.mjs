// Given to node by --import: the add-on is not installed for what runs then, nor are the packages named in WITHOUT.
import { register } from 'node:module';

const hidden = ['@rm/codecs-native', ...(process.env.WITHOUT ?? '').split(',').filter(Boolean)];
register(
  `data:text/javascript,${encodeURIComponent(`
    const hidden = ${JSON.stringify(hidden)};
    export async function resolve(specifier, context, next) {
      if (!hidden.some((name) => specifier === name || specifier.startsWith(name + '/'))) return next(specifier, context);
      throw Object.assign(new Error('Cannot find package ' + specifier), { code: 'ERR_MODULE_NOT_FOUND' });
    }
  `)}`,
);
