import { Module } from '@nestjs/common';
import { IncidentStateMachine } from './incident/incident-state-machine.js';

@Module({ providers: [IncidentStateMachine], exports: [IncidentStateMachine] })
export class DomainModule {}
