import { Module } from '@nestjs/common';
import { ApplicationModule } from '../application/application.module.js';
import { ChannelIntakes } from '../application/intake/channel-intakes.js';
import { SettleQuarantined } from '../application/intake/settle-quarantined.js';
import { AlertActions } from './alertmanager/alert-actions.js';
import { AlertmanagerIntake } from './alertmanager/alertmanager-intake.js';
import { AlertmanagerController } from './alertmanager/alertmanager.controller.js';
import { PresentationChannelIntakes } from './channel-intakes.js';
import { AccessKeysController } from './http/access-keys.controller.js';
import { BulkIntake } from './http/bulk-intake.js';
import { IncidentsController } from './http/incidents.controller.js';
import { QuarantineController } from './http/quarantine.controller.js';
import { KeptMessageIntake } from './kafka/kept-message-intake.js';
import { OperationsModule } from './operations.module.js';

/** All that the api process shows to the outside. */
@Module({
  imports: [ApplicationModule, OperationsModule],
  controllers: [IncidentsController, AlertmanagerController, QuarantineController, AccessKeysController],
  providers: [
    BulkIntake,
    AlertActions,
    AlertmanagerIntake,
    KeptMessageIntake,
    { provide: ChannelIntakes, useClass: PresentationChannelIntakes },
    // Here and not with the other use cases: what it needs is given by this layer.
    SettleQuarantined,
  ],
})
export class PresentationModule {}
