import { setSourceMapsSupport } from 'node:module';

/**
 * Lets stack traces name the TypeScript sources of the service. A program imports it first, and its other modules after that: Node
 * reads the map of a module when it loads it. With the flag `--enable-source-maps`, Node also keeps the maps of all packages with
 * their sources, which took 18 MB.
 */
setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });
