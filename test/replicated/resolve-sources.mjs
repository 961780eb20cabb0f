// The support code of the tests names its imports as the compiled files are named. Node runs the sources here.
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, nextResolve) {
    const isCompiledName = /^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts');
    return nextResolve(isCompiledName ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});
