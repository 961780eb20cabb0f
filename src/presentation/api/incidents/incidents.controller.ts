import {
  Controller,
  Get,
  Param,
  Patch,
  Post,
  Req,
  Res,
  type StreamableFile,
  type Type,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ReadIncidents } from '../../../application/incident/read-incidents.js';
import { ReportIntake } from '../../../application/intake/report-intake.js';
import { IntakeMetrics, outcomeOfChange } from '../../../application/intake/intake-metrics.js';
import { UpdateIncident } from '../../../application/incident/update-incident.js';
import { hasPermission } from '../../../domain/access/role.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import { IncidentNotFound } from '../../../domain/incident/incident-errors.js';
import type { WriteResult } from '../../../domain/incident/incident-repository.js';
import type { Incident, IncidentId } from '../../../domain/incident/incident.js';
import { Intake, Needs, requirePermission } from '../../http/auth/access-key.guard.js';
import { CurrentActor } from '../../http/auth/provenance.js';
import { BulkIntake } from './bulk-intake.js';
import {
  etagOf,
  expectedVersions,
  isNotModified,
  requireCreatePreconditions,
} from '../../http/headers/etag.js';
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
import { fieldsOf, ReportIncidentDto } from '../../intake/report.dto.js';
import { toIncidentQuery } from './incident-query.js';
import { readBody } from '../../http/body/json-body.js';
import { setLinks, setPageHeaders } from '../../http/paging/pagination.js';
import { COMMON_PROBLEMS, Problems } from '../../http/problems/problem.dto.js';
import { StrictQuery } from '../../http/validation/known-query.guard.js';
import { turnToAnswer } from '../../http/server/turn-to-answer.js';
import { workloadOf } from '../../http/auth/workload.js';

const ID = new IdPipe(IncidentNotFound);
const Id = () => Param('id', ID);

/** `/api/v1/incidents` */
@ApiTags('Incidents')
@Problems(...COMMON_PROBLEMS)
@Controller('api/v1/incidents')
export class IncidentsController {
  constructor(
    private readonly reportIntake: ReportIntake,
    private readonly updateIncident: UpdateIncident,
    private readonly readIncidents: ReadIncidents,
    private readonly bulkIntake: BulkIntake,
    private readonly intakeMetrics: IntakeMetrics,
  ) {}

  @Post()
  @Needs('report')
  @Intake()
  @DescribeReport()
  async report(
    @Req() request: Request,
    @CurrentActor() provenance: Provenance,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse | IncidentReceiptResponse | StreamableFile> {
    requireCreatePreconditions(request.headers);
    if (this.bulkIntake.accepts(request)) {
      response.status(200);
      return this.bulkIntake.answer(request, provenance);
    }
    const result = await this.reportIntake.submit(provenance.channel, async () => {
      const report = fieldsOf(await readBody(request, response, ReportIncidentDto));
      const idempotency = idempotencyKeyOf(request, REPORT);
      return { ...report, ...provenance, idempotency, workload: workloadOf(request) };
    });
    const { incident } = result;
    const isNew = incident.isUnchanged;
    if (!isNew) response.status(200);
    response.setHeader('Location', `/api/v1/incidents/${incident.id}`);
    // A new incident contains only what this key itself has sent.
    if (isNew || mayRead(request)) return answerWrite(result, response);
    if (result.isReplay) response.set(REPLAYED);
    return IncidentReceiptResponse.from(incident);
  }

  /** List incidents */
  @Get()
  @Needs('read')
  @DescribeList()
  async list(
    @StrictQuery() query: ListIncidentsQuery,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse[]> {
    const incidentQuery = toIncidentQuery(query);
    const page = await this.readIncidents.page(incidentQuery, workloadOf(request));
    await turnToAnswer(request, page.incidents, ({ description }) => description);
    setPageHeaders(request, response, incidentQuery, page);
    return page.incidents.map((incident) => IncidentResponse.from(incident));
  }

  /**
   * Get an incident by idempotency key
   * @remarks Returns the current state of the incident that a report with this key created or was counted in.
   */
  @Get('by-idempotency-key/:key')
  @Needs('report')
  @DescribeGetByKey()
  async getByIdempotencyKey(
    @Param('key', new IdempotencyKeyPipe()) key: string,
    @StrictQuery() { channel }: IncidentByKeyQuery,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse | IncidentReceiptResponse | undefined> {
    if (channel === 'kafka') requirePermission(request.accessKey!.role, 'read');
    const scope = channel === 'kafka' ? KAFKA_SCOPE : scopeOf(request, REPORT);
    const incident = await this.readIncidents.byRequest({ scope, key });
    response.setHeader('Location', `/api/v1/incidents/${incident.id}`);
    if (!mayRead(request)) return IncidentReceiptResponse.from(incident);
    return answerRead(incident, request, response);
  }

  /** Get an incident */
  @Get(':id')
  @Needs('read')
  @DescribeGet()
  async get(
    @Id() id: IncidentId,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse | undefined> {
    return answerRead(await this.readIncidents.get(id, workloadOf(request)), request, response);
  }

  /**
   * Change an incident
   * @remarks Changes the status, appends to the description, or does both in one transaction.
   */
  @Patch(':id')
  @Needs('change')
  @DescribeUpdate()
  async update(
    @Param('id') id: string,
    @CurrentActor() provenance: Provenance,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse> {
    return answerWrite(await this.change(UpdateIncidentDto, id, '', provenance, request), response);
  }

  /** Change status */
  @Patch(':id/status')
  @Needs('change')
  @DescribeChangeStatus()
  async changeStatus(
    @Param('id') id: string,
    @CurrentActor() provenance: Provenance,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse> {
    return answerWrite(await this.change(ChangeStatusDto, id, '/status', provenance, request), response);
  }

  /** @param subresource of the incident, for the scope of the idempotency key. */
  private change(
    type: Type<UpdateIncidentDto>,
    path: string,
    subresource: '' | '/status',
    provenance: Provenance,
    request: Request,
  ): Promise<WriteResult> {
    const update = async () => {
      const id = ID.transform(path);
      const { description_append: addition, ...transition } = await readBody(request, request.res!, type);
      const isExpected = expectedVersions(request.headers, id);
      const idempotency = idempotencyKeyOf(request, `PATCH /incidents/${id}${subresource}`);
      const workload = workloadOf(request);
      const command = { id, ...transition, addition, isExpected, ...provenance, idempotency, workload };
      return this.updateIncident.execute(command);
    };
    return this.intakeMetrics.counted(provenance.channel, update, outcomeOfChange);
  }

  /** List the events of an incident */
  @Get(':id/events')
  @Needs('read')
  @DescribeHistory()
  async history(
    @Id() id: IncidentId,
    @StrictQuery() { after, limit }: IncidentHistoryQuery,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentEventResponse[]> {
    const { events, more } = await this.readIncidents.events(id, after, limit);
    await turnToAnswer(request, events, (event) => ('text' in event ? event.text : ''));
    setLinks(request, response, ['after'], { next: more ? `after=${events.at(-1)!.seq}` : undefined });
    return events.map((event) => IncidentEventResponse.from(event));
  }
}

/** Answers with the incident, or with 304 if the client has its current version. */
function answerRead(
  incident: Incident,
  { headers }: Request,
  response: Response,
): IncidentResponse | undefined {
  response.setHeader('ETag', etagOf(incident));
  if (!isNotModified(incident, headers)) return IncidentResponse.from(incident);
  response.status(304);
  return undefined;
}

/** Whether the key may see what others have reported or changed; otherwise it gets a receipt. */
function mayRead({ accessKey }: Request): boolean {
  return hasPermission(accessKey!.role, 'read');
}

function answerWrite({ incident, isReplay }: WriteResult, response: Response): IncidentResponse {
  if (isReplay) response.set(REPLAYED);
  response.setHeader('ETag', etagOf(incident));
  return IncidentResponse.from(incident);
}
