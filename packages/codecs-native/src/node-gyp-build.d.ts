declare module 'node-gyp-build' {
  /** Loads the add-on of a package's folder: from `build`, else from `prebuilds`. */
  export default function load(folder: string): unknown;
}
