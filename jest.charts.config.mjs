import config from './jest.config.mjs';

/** The Helm chart: needs programs that `make charts` downloads, and no PostgreSQL. */
export default {
  ...config,
  roots: ['<rootDir>/test/charts'],
  testPathIgnorePatterns: [],
  globalSetup: undefined,
  globalTeardown: undefined,
};
