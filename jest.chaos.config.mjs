import config from './jest.config.mjs';

/** What is done to the service, Kafka and Telegram while they work, at some length. */
export default { ...config, roots: ['<rootDir>/test/chaos'], testPathIgnorePatterns: [] };
