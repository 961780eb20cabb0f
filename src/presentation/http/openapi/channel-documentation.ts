import type { OpenAPIObject } from '@nestjs/swagger';
import type { ChannelRegistry } from '../../../application/intake/channel-registry.js';
import { API_CHANNEL } from '../auth/provenance.js';

/** The schema of a channel name. `documentChannels` replaces its values by the registered names. */
export const CHANNEL_SCHEMA = { enum: [API_CHANNEL], enumName: 'IncidentChannel' };

/** Writes the names of the registered channels into the contract. */
export function documentChannels(document: OpenAPIObject, channels: ChannelRegistry): void {
  Object.assign(document.components!.schemas!['IncidentChannel']!, { enum: [...channels.names] });
  const operations = Object.values(document.paths).flatMap(({ get, post, patch, put }) =>
    [get, post, patch, put].filter((operation) => operation !== undefined),
  );
  for (const parameter of operations.flatMap(({ parameters = [] }) => parameters)) {
    if (!('name' in parameter) || parameter.name !== 'X-Channel') continue;
    const names = parameter.required ? channels.relayed : [API_CHANNEL, ...channels.relayed];
    Object.assign(parameter.schema!, { enum: [...names] });
  }
}
