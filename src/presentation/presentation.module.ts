import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { ApplicationModule } from '../application/application.module.js';
import { ChannelIntakes } from '../application/intake/channel-intakes.js';
import { SettleQuarantined } from '../application/intake/settle-quarantined.js';
import { AlertmanagerIntake } from './alertmanager/alertmanager-intake.js';
import { AlertmanagerController } from './alertmanager/alertmanager.controller.js';
import { PresentationChannelIntakes } from './channel-intakes.js';
import { AccessKeyGuard } from './http/access-key.guard.js';
import { BulkIntake } from './http/bulk-intake.js';
import { Draining } from './http/draining.js';
import { AccessKeysController } from './http/access-keys.controller.js';
import { FailedAttempts } from './http/failed-attempts.js';
import { IncidentsController } from './http/incidents.controller.js';
import { KnownQueryGuard } from './http/known-query.guard.js';
import { OperationsController } from './http/operations.controller.js';
import { ProblemFilter } from './http/problem.filter.js';
import { QuarantineController } from './http/quarantine.controller.js';
import { RequestObserver } from './http/request-observer.js';

/** Everything that faces the outside. The guard stands before every route, present and future. */
@Module({
  imports: [ApplicationModule, TerminusModule.forRoot({ logger: false })],
  controllers: [
    IncidentsController,
    AlertmanagerController,
    QuarantineController,
    AccessKeysController,
    OperationsController,
  ],
  providers: [
    BulkIntake,
    AlertmanagerIntake,
    { provide: ChannelIntakes, useClass: PresentationChannelIntakes },
    // Here and not with the other use cases: what it needs is given by this layer.
    SettleQuarantined,
    Draining,
    FailedAttempts,
    RequestObserver,
    { provide: APP_GUARD, useClass: AccessKeyGuard },
    { provide: APP_GUARD, useClass: KnownQueryGuard },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
})
export class PresentationModule {}
