import { Module } from '@nestjs/common';
import { ApplicationModule } from '../application/application.module.js';
import { BulkIntake } from './http/bulk-intake.js';
import { AccessKeysController } from './http/access-keys.controller.js';
import { IncidentsController } from './http/incidents.controller.js';
import { OperationsModule } from './operations.module.js';

/** All that the api process shows to the outside. */
@Module({
  imports: [ApplicationModule, OperationsModule],
  controllers: [IncidentsController, AccessKeysController],
  providers: [BulkIntake],
})
export class PresentationModule {}
