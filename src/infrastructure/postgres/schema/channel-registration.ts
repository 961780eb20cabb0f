import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ChannelRegistry } from '../../../application/intake/channel-registry.js';
import { Database } from '../connection/database.js';
import { prepared } from '../connection/statement.js';

export const REGISTER_CHANNELS = prepared(`
  INSERT INTO channels (name) SELECT name FROM unnest($1::text[]) AS known (name)
  WHERE NOT EXISTS (SELECT FROM channels WHERE channels.name = known.name)
  ORDER BY name ON CONFLICT (name) DO NOTHING`);

/** Registers the channels of this version of the service in the database when a process starts. */
@Injectable()
export class ChannelRegistration implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly channels: ChannelRegistry,
  ) {}

  /** @throws StoreUnavailable if the database does not answer. */
  async onModuleInit(): Promise<void> {
    await this.database.query(REGISTER_CHANNELS, [this.channels.names]);
  }
}
