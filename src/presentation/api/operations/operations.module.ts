import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { AccessKeyGuard } from '../../http/auth/access-key.guard.js';
import { Draining } from '../../http/server/draining.js';
import { ConcurrentRequests } from '../../http/server/concurrent-requests.js';
import { KeyLimits } from '../../http/auth/key-limits.js';
import { ProvenanceReader } from '../../http/auth/provenance.js';
import { AuthThrottle } from '../../http/auth/auth-throttle.js';
import { KnownQueryGuard } from '../../http/validation/known-query.guard.js';
import { OperationsController } from './operations.controller.js';
import { ProblemFilter } from '../../http/problems/problem.filter.js';
import { RequestSignatures } from '../../http/signatures/request-signatures.js';
import { RequestLogger } from '../../http/server/request-logger.js';

/** What every process serves over HTTP: health checks and metrics. Its guards and its filter apply to the routes of all modules. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [OperationsController],
  providers: [
    Draining,
    ConcurrentRequests,
    AuthThrottle,
    KeyLimits,
    ProvenanceReader,
    RequestSignatures,
    RequestLogger,
    { provide: APP_GUARD, useClass: AccessKeyGuard },
    { provide: APP_GUARD, useClass: KnownQueryGuard },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
  exports: [Draining, ConcurrentRequests, AuthThrottle, KeyLimits],
})
export class OperationsModule {}
