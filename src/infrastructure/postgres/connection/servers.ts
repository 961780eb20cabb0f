import type { ClientConfig } from 'pg';

export type Server = Pick<ClientConfig, 'host' | 'port'>;

/** The server's address for messages. */
export function serverAddress({ host, port }: Server): string {
  return host?.startsWith('/') ? host : `${host || 'localhost'}:${port ?? 5432}`;
}

/** The servers of a database, one of which is the primary, and the last known primary. The connections of a pool share it. */
export class Servers {
  private index = 0;

  constructor(private readonly all: readonly Server[]) {}

  get count(): number {
    return this.all.length;
  }

  /** The server to connect to next. */
  get current(): Server {
    return this.all[this.index]!;
  }

  /** The addresses of all servers, for messages. */
  get addresses(): string {
    return this.all.map(serverAddress).join(',');
  }

  /** Selects the next server, unless another connection has already done so. */
  markFailed(server: Server): void {
    if (server === this.current) this.index = (this.index + 1) % this.all.length;
  }
}
