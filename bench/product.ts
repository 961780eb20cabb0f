/** The directory of the project. */
export const PROJECT = new URL('../', import.meta.url);

/**
 * A module of the built product, typed by its source. Node runs the TypeScript of the benchmark directly, but the decorators
 * of the product must be compiled. So the benchmark measures and imports the build.
 */
export async function built<Module>(path: string): Promise<Module> {
  return (await import(new URL(`dist/src/${path}`, PROJECT).href)) as Module;
}
