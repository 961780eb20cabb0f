export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  setupFilesAfterEnv: ['<rootDir>/test/support/setup.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  // They take minutes or need downloads, and have targets of their own: make e2e, make chaos, make charts.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/(process|browser|chaos|charts)/'],
  testSequencer: '<rootDir>/test/support/longest-first.mjs',
  maxWorkers: 3,
  // Long enough for a machine that is busy with other things: what never comes fails a test all the same.
  testTimeout: 120_000,
  // A worker without open handles still frees hundreds of megabytes when it exits, which takes longer on a busy machine than Jest waits.
  workerGracefulExitTimeout: 15_000,
  coverageProvider: 'v8',
};
