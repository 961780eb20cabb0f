import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The network between a client and the service: it can be lost and come back. */
export interface Network {
  /** The service by way of this network. */
  readonly url: string;
  /** Cuts all connections, and refuses others. */
  lose(): void;
  restore(): void;
  close(): Promise<void>;
}

/** A network to the service at a URL. */
export async function aNetwork(url: string): Promise<Network> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let isLost = false;
  const server = createServer((client) => {
    if (isLost) {
      client.destroy();
      return;
    }
    const service = connect(Number(port), hostname);
    for (const socket of [client, service]) {
      sockets.add(socket);
      // Cut connections are the purpose.
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.pipe(service).pipe(client);
    client.on('close', () => service.destroy());
    service.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => sockets.forEach((socket) => socket.destroy());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lose: () => {
      isLost = true;
      cut();
    },
    restore: () => {
      isLost = false;
    },
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
