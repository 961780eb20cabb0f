/** The project's folder. */
export const PROJECT = new URL('../', import.meta.url);

/**
 * A module of the built product, typed by its source. Node runs the benchmark's TypeScript as it stands, but not the
 * product's: decorators have to be compiled. So it is the build that is measured, and the build that is used here.
 */
export async function built<Module>(path: string): Promise<Module> {
  return (await import(new URL(`dist/src/${path}`, PROJECT).href)) as Module;
}
