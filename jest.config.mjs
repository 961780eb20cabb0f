export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  setupFilesAfterEnv: ['<rootDir>/test/support/setup.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  // They take minutes, and have a target of their own: make faults.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/faults/'],
  maxWorkers: 3,
  testTimeout: 60_000,
  coverageProvider: 'v8',
};
