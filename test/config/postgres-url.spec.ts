import { urlsByServer, withoutPassword } from '../../src/config/postgres-url.js';

describe('a PostgreSQL URL', () => {
  it.each([
    [
      'postgres://u:p@a:5432,b:5433/x?target_session_attrs=read-write',
      [
        'postgres://u:p@a:5432/x?target_session_attrs=read-write',
        'postgres://u:p@b:5433/x?target_session_attrs=read-write',
      ],
    ],
    ['postgresql://a,[::1]:5433/x', ['postgresql://a/x', 'postgresql://[::1]:5433/x']],
    ['postgres://u@/x?host=%2Fsocket', ['postgres://u@/x?host=%2Fsocket']],
  ])('splits into one URL per server: %s', (url, servers) => expect(urlsByServer(url)).toEqual(servers));

  it.each([
    ['postgres://u:p%40@a:5432,b:5433/x', 'postgres://u@a:5432,b:5433/x', 'p@'],
    ['postgres://u@a:5432/x', 'postgres://u@a:5432/x', undefined],
    ['postgres://a:5432/x', 'postgres://a:5432/x', undefined],
    ['postgres://a:5432,b:5433/x', 'postgres://a:5432,b:5433/x', undefined],
    ['postgres://u:p@/x?host=%2Fsocket', 'postgres://u@/x?host=%2Fsocket', 'p'],
  ])('splits into URL and password: %s', (url, rest, password) =>
    expect(withoutPassword(url)).toEqual({ url: rest, password }),
  );
});
