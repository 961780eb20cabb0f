import config from './jest.config.mjs';

/** The built service as processes, with real brokers, chats, proxies and browsers: start, use, kill, stop, upgrade, restore. */
export default {
  ...config,
  roots: ['<rootDir>/test/process', '<rootDir>/test/browser'],
  testPathIgnorePatterns: [],
};
