import { Controller, Get, Param, Patch, Post, Req, Res, type StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { GetIncidentHistory } from '../../../application/incident/get-incident-history.js';
import { GetIncident } from '../../../application/incident/get-incident.js';
import { ListIncidents } from '../../../application/incident/list-incidents.js';
import { ReportIncident } from '../../../application/incident/report-incident.js';
import { IntakeMetrics, outcomeOfChange } from '../../../application/intake/intake-metrics.js';
import { UpdateIncident } from '../../../application/incident/update-incident.js';
import { may } from '../../../domain/access/role.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import { IncidentNotFound } from '../../../domain/incident/incident-errors.js';
import type { WriteResult } from '../../../domain/incident/incident-repository.js';
import type { Incident, IncidentId } from '../../../domain/incident/incident.js';
import { Intake, Needs, requireRight } from '../../http/auth/access-key.guard.js';
import { CurrentActor } from '../../http/auth/provenance.js';
import { BulkIntake } from './bulk-intake.js';
import { etagOf, expectedVersions, isKnown, requireUntagged } from '../../http/headers/etag.js';
import {
  idempotencyKeyOf,
  IdempotencyKeyPipe,
  KAFKA_SCOPE,
  REPLAYED,
  REPORT,
  scopeOf,
} from '../../http/headers/idempotency-key.js';
import { IdPipe } from '../../http/validation/id.pipe.js';
import {
  ChangeStatusDto,
  IncidentByKeyQuery,
  IncidentEventResponse,
  IncidentHistoryQuery,
  IncidentReceiptResponse,
  IncidentResponse,
  ListIncidentsQuery,
  ReportIncidentDto,
  UpdateIncidentDto,
} from './incidents.dto.js';
import {
  DescribeChangeStatus,
  DescribeGet,
  DescribeGetByKey,
  DescribeHistory,
  DescribeList,
  DescribeReport,
  DescribeUpdate,
} from './incidents.documentation.js';
import { toIncidentQuery } from './incident-query.js';
import { readBody } from '../../http/body/json-body.js';
import { describePage, setLinks } from '../../http/paging/pagination.js';
import { Problems } from '../../http/problems/problem.dto.js';
import { StrictQuery } from '../../http/validation/known-query.guard.js';
import { turnToAnswer } from '../../http/server/turn-to-answer.js';
import { workloadOf } from '../../http/auth/workload.js';

const ID = new IdPipe(IncidentNotFound);
const Id = () => Param('id', ID);

/** `/api/v1/incidents`: reports in, incidents out. */
@ApiTags('incidents')
@Problems(
  'request.invalid',
  'request.unauthorized',
  'request.forbidden',
  'request.rate-limited',
  'store.unavailable',
)
@Controller('api/v1/incidents')
export class IncidentsController {
  constructor(
    private readonly reportIncident: ReportIncident,
    private readonly updateIncident: UpdateIncident,
    private readonly getIncident: GetIncident,
    private readonly listIncidents: ListIncidents,
    private readonly getIncidentHistory: GetIncidentHistory,
    private readonly bulkIntake: BulkIntake,
    private readonly intakeMetrics: IntakeMetrics,
  ) {}

  @Post()
  @Needs('report')
  @Intake()
  @DescribeReport()
  async report(
    @Req() request: Request,
    @CurrentActor() author: Provenance,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse | IncidentReceiptResponse | StreamableFile> {
    requireUntagged(request.headers);
    if (this.bulkIntake.accepts(request)) {
      response.status(200);
      return this.bulkIntake.answer(request, author);
    }
    const recorded = await this.intakeMetrics.counted(author.channel, async () => {
      const { dedup_key: dedupKey, ...report } = await readBody(request, response, ReportIncidentDto);
      const idempotency = idempotencyKeyOf(request, REPORT);
      const workload = workloadOf(request);
      return this.reportIncident.execute({ ...report, dedupKey, ...author, idempotency, workload });
    });
    // A further report of an open incident is a change.
    if (!recorded.incident.isUnchanged) response.status(200);
    response.setHeader('Location', `/api/v1/incidents/${recorded.incident.id}`);
    // Of a new incident there is nothing but what this key has sent itself.
    if (recorded.incident.isUnchanged || mayRead(request)) return answerWith(recorded, response);
    if (recorded.isReplay) response.set(REPLAYED);
    return IncidentReceiptResponse.from(recorded.incident);
  }

  /** List incidents. */
  @Get()
  @Needs('read')
  @DescribeList()
  async list(
    @StrictQuery() query: ListIncidentsQuery,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse[]> {
    const incidentQuery = toIncidentQuery(query);
    const page = await this.listIncidents.execute(incidentQuery, workloadOf(request));
    await turnToAnswer(request, page.incidents, ({ description }) => description);
    describePage(request, response, incidentQuery, page);
    return page.incidents.map((incident) => IncidentResponse.from(incident));
  }

  /** Show the incident that a request of one's own with an idempotency key has made, as it is now. */
  @Get('by-idempotency-key/:key')
  @Needs('report')
  @DescribeGetByKey()
  async getByIdempotencyKey(
    @Param('key', new IdempotencyKeyPipe()) key: string,
    @StrictQuery() { channel }: IncidentByKeyQuery,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse | IncidentReceiptResponse | undefined> {
    if (channel === 'kafka') requireRight(request.accessKey!.role, 'read');
    const scope = channel === 'kafka' ? KAFKA_SCOPE : scopeOf(request, REPORT);
    const incident = await this.getIncident.byRequest({ scope, key });
    response.setHeader('Location', `/api/v1/incidents/${incident.id}`);
    if (!mayRead(request)) return IncidentReceiptResponse.from(incident);
    return show(incident, request, response);
  }

  /** Show an incident. */
  @Get(':id')
  @Needs('read')
  @DescribeGet()
  async get(
    @Id() id: IncidentId,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse | undefined> {
    return show(await this.getIncident.execute(id, workloadOf(request)), request, response);
  }

  /** Move an incident, add to its description, or both at once. */
  @Patch(':id')
  @Needs('change')
  @DescribeUpdate()
  async update(
    @Param('id') path: string,
    @CurrentActor() author: Provenance,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse> {
    const take = async () => {
      const id = ID.transform(path);
      const { status, description_append: addition } = await readBody(request, response, UpdateIncidentDto);
      const isExpected = expectedVersions(request.headers, id);
      const idempotency = idempotencyKeyOf(request, `PATCH /incidents/${id}`);
      const workload = workloadOf(request);
      const command = { id, status, addition, isExpected, ...author, idempotency, workload };
      return this.updateIncident.execute(command);
    };
    return answerWith(await this.intakeMetrics.counted(author.channel, take, outcomeOfChange), response);
  }

  /** Move an incident. */
  @Patch(':id/status')
  @Needs('change')
  @DescribeChangeStatus()
  async changeStatus(
    @Param('id') path: string,
    @CurrentActor() author: Provenance,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse> {
    const take = async () => {
      const id = ID.transform(path);
      const { status } = await readBody(request, response, ChangeStatusDto);
      const isExpected = expectedVersions(request.headers, id);
      const idempotency = idempotencyKeyOf(request, `PATCH /incidents/${id}/status`);
      const workload = workloadOf(request);
      return this.updateIncident.execute({ id, status, isExpected, ...author, idempotency, workload });
    };
    return answerWith(await this.intakeMetrics.counted(author.channel, take, outcomeOfChange), response);
  }

  /** Show what happened to an incident. */
  @Get(':id/events')
  @Needs('read')
  @DescribeHistory()
  async history(
    @Id() id: IncidentId,
    @StrictQuery() { after, limit }: IncidentHistoryQuery,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentEventResponse[]> {
    const { events, more } = await this.getIncidentHistory.execute(id, after, limit);
    await turnToAnswer(request, events, (event) => ('text' in event ? event.text : ''));
    setLinks(request, response, ['after'], { next: more ? `after=${events.at(-1)!.seq}` : undefined });
    return events.map((event) => IncidentEventResponse.from(event));
  }
}

/** The incident; 304 and nothing where the client has it as it is. */
function show(incident: Incident, { headers }: Request, response: Response): IncidentResponse | undefined {
  response.setHeader('ETag', etagOf(incident));
  if (!isKnown(incident, headers)) return IncidentResponse.from(incident);
  response.status(304);
  return undefined;
}

/** Whether the key may see incidents that others have reported or changed; who may not gets a receipt. */
function mayRead({ accessKey }: Request): boolean {
  return may(accessKey!.role, 'read');
}

function answerWith({ incident, isReplay }: WriteResult, response: Response): IncidentResponse {
  if (isReplay) response.set(REPLAYED);
  response.setHeader('ETag', etagOf(incident));
  return IncidentResponse.from(incident);
}
