import { applyDecorators, Catch, UseFilters } from '@nestjs/common';
import { ApiResponse, type ApiResponseSchemaHost, getSchemaPath } from '@nestjs/swagger';
import type { Request } from 'express';
import {
  AUTHENTICATION_PROBLEMS,
  EXAMPLE_REQUEST_ID,
  exampleProblem,
  FailureResponses,
  Problems,
} from '../http/problems/problem-documentation.js';
import { ProblemFilter, type RenderedProblem } from '../http/problems/problem.filter.js';
import { type Problem, type ProblemCode, PROBLEMS } from '../http/problems/problems.js';
import { IntakeCountsResponse } from '../intake/intake-counts.dto.js';
import type { ReceivedMessages } from './channel-receiver.js';

type Schema = ApiResponseSchemaHost['schema'];

/** How a channel answers: senders expect the answers of the service that they were written for. */
export interface AnswerFormat {
  readonly success: {
    readonly status: number;
    readonly schema: Schema;
    /** By default, that of the schema. */
    readonly example?: object;
    readonly of: (received: ReceivedMessages & { readonly tookMs: number }) => object;
  };
  /** The format of errors; by default, they are problems. */
  readonly failure?: {
    readonly schema: Schema;
    readonly of: (problem: Problem, requestId: string) => object;
    /** The status of some problems, if it is not that of `PROBLEMS`. */
    readonly statuses?: Partial<Record<ProblemCode, number>>;
  };
}

/** The counts of outcomes, and problems: for senders that read the status only. */
export const COUNTS: AnswerFormat = {
  success: {
    status: 200,
    schema: { $ref: getSchemaPath(IntakeCountsResponse) },
    of: ({ outcomes }) => IntakeCountsResponse.from(outcomes),
  },
};

/** The problems of every route of a channel. */
const INTAKE_PROBLEMS = [
  'request.invalid',
  ...AUTHENTICATION_PROBLEMS,
  'request.forbidden',
  'request.timeout',
  'request.body-too-large',
  'request.unsupported-media-type',
  'intake.rate-limited',
  'store.unavailable',
  'store.outcome-unknown',
] as const satisfies readonly ProblemCode[];

/** Answers in this format, and documents it. */
export function AnswersIn({ success, failure }: AnswerFormat): MethodDecorator {
  const { status, schema, example } = success;
  const committed = ApiResponse({
    status,
    description: 'All reports are committed.',
    content: { 'application/json': { schema, ...(example && { example: { ...example } }) } },
  });
  if (!failure) return applyDecorators(committed, Problems(...INTAKE_PROBLEMS));
  const { statuses = {} } = failure;
  return applyDecorators(
    UseFilters(new FailureFilter(failure)),
    committed,
    FailureResponses(INTAKE_PROBLEMS, {
      type: 'application/json',
      schema: failure.schema,
      statusOf: (code) => statusOf(code, statuses),
      exampleOf: (code) => failure.of(exampleProblem(code), EXAMPLE_REQUEST_ID),
    }),
  );
}

/** Answers errors in the format of a channel. */
@Catch()
class FailureFilter extends ProblemFilter {
  constructor(private readonly failure: NonNullable<AnswerFormat['failure']>) {
    super();
  }

  protected override render(problem: Problem, { requestId }: Request): RenderedProblem {
    const { of, statuses = {} } = this.failure;
    return {
      status: statusOf(problem.code, statuses),
      type: 'application/json',
      body: of(problem, requestId),
    };
  }
}

function statusOf(code: ProblemCode, statuses: Partial<Record<ProblemCode, number>>): number {
  return statuses[code] ?? PROBLEMS[code].status;
}

/** What is wrong, a text for each validation error. */
export function detailsOf({ message, facts }: Problem): string[] {
  const errors = facts?.['errors'] as readonly { readonly detail: string }[] | undefined;
  return errors ? errors.map(({ detail }) => detail) : [message];
}
