import type { ClientConfig } from 'pg';

export type Server = Pick<ClientConfig, 'host' | 'port'>;

/** The server's address for people. */
export function serverAddress({ host, port }: Server): string {
  return host?.startsWith('/') ? host : `${host || 'localhost'}:${port ?? 5432}`;
}

/** The servers of which one is the primary, and which of them was it at last. Connections of a pool share it. */
export class Servers {
  private index = 0;

  constructor(private readonly all: readonly Server[]) {}

  get count(): number {
    return this.all.length;
  }

  /** The one to connect to next. */
  get current(): Server {
    return this.all[this.index]!;
  }

  /** All of them, for people. */
  get addresses(): string {
    return this.all.map(serverAddress).join(',');
  }

  /** Goes on to the next one, unless another connection has done so already. */
  failed(server: Server): void {
    if (server === this.current) this.index = (this.index + 1) % this.all.length;
  }
}
