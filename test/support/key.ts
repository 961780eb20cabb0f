/** The key of the environment, in most tests. */
export const KEY = 'a-key-that-only-tests-know';
