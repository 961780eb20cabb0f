import { Module } from '@nestjs/common';
import { ApplicationModule } from '../application/application.module.js';
import { RetryHandlers } from '../application/quarantine/retry-handlers.js';
import { ManageQuarantine } from '../application/quarantine/manage-quarantine.js';
import { AlertActions } from './channels/alertmanager/alert-actions.js';
import { AlertmanagerIntake } from './channels/alertmanager/alertmanager-intake.js';
import { AlertmanagerController } from './channels/alertmanager/alertmanager.controller.js';
import { ChannelRetryHandlers } from './channels/retry-handlers.js';
import { AccessKeysController } from './api/keys/access-keys.controller.js';
import { BulkIntake } from './api/incidents/bulk-intake.js';
import { IncidentsController } from './api/incidents/incidents.controller.js';
import { QuarantineController } from './api/quarantine/quarantine.controller.js';
import { QuarantinedReportRetry } from './channels/kafka/quarantined-report-retry.js';
import { OperationsModule } from './api/operations/operations.module.js';

/** All routes of the api process. */
@Module({
  imports: [ApplicationModule, OperationsModule],
  controllers: [IncidentsController, AlertmanagerController, QuarantineController, AccessKeysController],
  providers: [
    BulkIntake,
    AlertActions,
    AlertmanagerIntake,
    QuarantinedReportRetry,
    { provide: RetryHandlers, useClass: ChannelRetryHandlers },
    // Not in ApplicationModule like the other use cases: this layer provides its RetryHandlers.
    ManageQuarantine,
  ],
})
export class PresentationModule {}
