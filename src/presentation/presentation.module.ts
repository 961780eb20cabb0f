import { type DynamicModule, Module } from '@nestjs/common';
import { ApplicationModule } from '../application/application.module.js';
import { ManageQuarantine } from '../application/quarantine/manage-quarantine.js';
import { AttachmentsController } from './api/attachments/attachments.controller.js';
import { BulkIntake } from './api/incidents/bulk-intake.js';
import { FormIntake } from './api/incidents/form-intake.js';
import { ConsumersController } from './api/feed/consumers.controller.js';
import { EventStreams } from './api/feed/event-streams.js';
import { EventsController } from './api/feed/events.controller.js';
import { HeartbeatsController } from './api/heartbeats/heartbeats.controller.js';
import { PingsController } from './api/heartbeats/pings.controller.js';
import { ImportsController } from './api/imports/imports.controller.js';
import { IncidentsController } from './api/incidents/incidents.controller.js';
import { AccessKeysController } from './api/keys/access-keys.controller.js';
import { OperationsModule } from './api/operations/operations.module.js';
import { QuarantineController } from './api/quarantine/quarantine.controller.js';
import { SessionController } from './api/session/session.controller.js';
import { StatisticsController } from './api/statistics/statistics.controller.js';
import { PoliciesController } from './api/policies/policies.controller.js';
import type { Channel } from './channels/channel.js';
import { ChannelRegistryModule, ChannelsModule } from './channels/channels.module.js';
import { ConsoleController } from './console/console.controller.js';
import { ConsoleFiles } from './console/console-files.js';
import { Uploads } from './http/body/uploads.js';

/** All routes of the api process. */
@Module({})
export class PresentationModule {
  static with(channels: readonly Channel[]): DynamicModule {
    return {
      module: PresentationModule,
      imports: [
        ApplicationModule,
        OperationsModule,
        ChannelRegistryModule.of(channels),
        ChannelsModule.of(channels),
      ],
      controllers: [
        IncidentsController,
        AttachmentsController,
        EventsController,
        ConsumersController,
        PoliciesController,
        HeartbeatsController,
        PingsController,
        QuarantineController,
        StatisticsController,
        ImportsController,
        AccessKeysController,
        ConsoleController,
        SessionController,
      ],
      // ManageQuarantine is not with the other use cases: the retry handlers that it needs are of this layer.
      providers: [
        BulkIntake,
        FormIntake,
        Uploads,
        EventStreams,
        ManageQuarantine,
        { provide: ConsoleFiles, useValue: new ConsoleFiles() },
      ],
    };
  }
}
