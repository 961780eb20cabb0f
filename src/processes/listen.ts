import type { AddressInfo } from 'node:net';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { StartupError } from '../shared/startup-error.js';
import type { Listening } from './startup-banner.js';

/** Where to listen, and by which variables a person says it. */
interface Address {
  readonly host: string;
  readonly port: number;
  readonly names: string;
}

/** @throws StartupError where that is not possible. */
export async function listen(
  app: NestExpressApplication,
  { host, port, names }: Address,
): Promise<Listening> {
  const server = app.getHttpServer();
  try {
    await app.listen(port, host);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'another program listens there' : message;
    throw new StartupError(`Port ${port} of ${host} cannot be opened (${reason}): set ${names}.`, {
      cause: error,
    });
  }
  return server.address() as AddressInfo;
}
