import { requestDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { prepared } from '../../../src/infrastructure/postgres/connection/statement.js';
import { aDatabase } from '../../support/databases.js';

it.each([
  ['a prepared statement', prepared('SELECT 1 / 0')],
  ['a statement with settings', { text: 'SELECT 1 / 0', settings: { jit: 'off' } }],
])('the error of %s leads to who asked', async (_, statement) => {
  const database = await aDatabase();
  const dataSource = await requestDataSource(database.service, 1).initialize();
  try {
    const whoAsked = async () => {
      await new Database(dataSource).query(statement);
    };
    const error = await whoAsked().catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ message: 'division by zero', stack: expect.stringContaining('whoAsked') });
  } finally {
    await dataSource.destroy();
    await database.drop();
  }
});
