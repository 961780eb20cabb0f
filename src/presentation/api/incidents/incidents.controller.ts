import { Controller, Get, Param, Patch, Post, Req, type StreamableFile, type Type } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import type { IncidentPage } from '../../../application/incident/incident-list.js';
import { MarkDuplicate } from '../../../application/incident/mark-duplicate.js';
import { ReadIncidents } from '../../../application/incident/read-incidents.js';
import { ReportIntake } from '../../../application/intake/report-intake.js';
import { IntakeMetrics, outcomeOfChange } from '../../../application/intake/intake-metrics.js';
import { UpdateIncident } from '../../../application/incident/update-incident.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import { IncidentNotFound } from '../../../domain/incident/incident-errors.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import { Intake, Needs, requirePermission } from '../../http/auth/access-key.guard.js';
import { CurrentActor } from '../../http/auth/provenance.js';
import { workloadOf } from '../../http/auth/workload.js';
import { readBody } from '../../http/body/json-body.js';
import { expectedVersions, requireCreatePreconditions } from '../../http/headers/etag.js';
import {
  idempotencyKeyOf,
  KAFKA_SCOPE,
  KEY,
  KEY_RULE,
  REPORT,
  scopeOf,
} from '../../http/headers/idempotency-key.js';
import { IDEMPOTENCY_KEY_SCHEMA } from '../../http/openapi/header-documentation.js';
import { setLinks, setPageHeaders } from '../../http/paging/pagination.js';
import { COMMON_PROBLEMS, Problems } from '../../http/problems/problem-documentation.js';
import { invalidInput } from '../../http/problems/problems.js';
import { type SharedAnswer, SharedAnswers } from '../../http/server/shared-answer.js';
import { textOf, turnToAnswer } from '../../http/server/turn-to-answer.js';
import { StrictQuery } from '../../http/validation/known-query.guard.js';
import { assigneeIn } from '../../http/validation/text-fields.js';
import { parseId, PathId, PathText } from '../../http/validation/path-parameters.js';
import { fieldsOf, ReportIncidentDto } from '../../intake/report.dto.js';
import { BulkIntake } from './bulk-intake.js';
import { FormIntake, isNewWithFiles } from './form-intake.js';
import { toIncidentQuery } from './incident-query.js';
import {
  ChangeStatusDto,
  IncidentByKeyQuery,
  IncidentHistoryQuery,
  ListIncidentsQuery,
  UpdateIncidentDto,
} from './incident-requests.dto.js';
import { mayRead, respondToRead, respondToReport, respondToWrite } from './incident-responses.js';
import {
  DescribeChangeStatus,
  DescribeGet,
  DescribeGetByKey,
  DescribeHistory,
  DescribeList,
  DescribeReport,
  DescribeSimilar,
  DescribeUpdate,
} from './incidents.documentation.js';
import { IncidentEventResponse } from './incident-events.dto.js';
import { IncidentReceiptResponse, IncidentResponse, SimilarIncidentResponse } from './incidents.dto.js';

const Id = () => PathId(IncidentNotFound);

const Key = () =>
  PathText(KEY, KEY_RULE, {
    name: 'key',
    description: 'The idempotency key of a report, percent-encoded.',
    schema: IDEMPOTENCY_KEY_SCHEMA,
    example: 'shift-7%2F42',
  });

/** `/api/v1/incidents` */
@ApiTags('Incidents')
@Problems(...COMMON_PROBLEMS)
@Controller('api/v1/incidents')
export class IncidentsController {
  private readonly pages = new SharedAnswers(({ incidents }: IncidentPage) =>
    incidents.map((incident) => IncidentResponse.from(incident)),
  );
  private readonly excerptPages = new SharedAnswers(({ incidents }: IncidentPage) =>
    incidents.map((incident) => IncidentResponse.excerptFrom(incident)),
  );

  constructor(
    private readonly reportIntake: ReportIntake,
    private readonly updateIncident: UpdateIncident,
    private readonly markDuplicate: MarkDuplicate,
    private readonly readIncidents: ReadIncidents,
    private readonly bulkIntake: BulkIntake,
    private readonly formIntake: FormIntake,
    private readonly intakeMetrics: IntakeMetrics,
  ) {}

  @Post()
  @Needs('report')
  @Intake()
  @DescribeReport()
  async report(
    @Req() request: Request,
    @CurrentActor() provenance: Provenance,
  ): Promise<IncidentResponse | IncidentReceiptResponse | StreamableFile> {
    requireCreatePreconditions(request.headers);
    const response = request.res!;
    if (this.bulkIntake.accepts(request)) {
      response.status(200);
      return this.bulkIntake.answer(request, provenance);
    }
    if (this.formIntake.accepts(request)) {
      const result = await this.formIntake.report(request, provenance);
      return respondToReport(result, isNewWithFiles(result), request);
    }
    const result = await this.reportIntake.submit(provenance.channel, async () => {
      const report = fieldsOf(await readBody(request, ReportIncidentDto));
      const idempotency = idempotencyKeyOf(request, REPORT);
      return { ...report, ...provenance, idempotency, workload: workloadOf(request) };
    });
    return respondToReport(result, result.incident.isUnchanged, request);
  }

  /** List incidents */
  @Get()
  @Needs('read')
  @DescribeList()
  async list(
    @StrictQuery() query: ListIncidentsQuery,
    @CurrentActor() { actor }: Provenance,
    @Req() request: Request,
  ): Promise<SharedAnswer<IncidentResponse[]>> {
    const incidentQuery = toIncidentQuery(query, actor);
    const page = await this.readIncidents.page(incidentQuery, workloadOf(request));
    await turnToAnswer(request, page.incidents, ({ description }) => description);
    setPageHeaders(request, incidentQuery, page);
    return (query.excerpt ? this.excerptPages : this.pages).of(page);
  }

  /**
   * Get an incident by idempotency key
   * @remarks Returns the current state of the incident that a report with this key created or was counted in.
   */
  @Get('by-idempotency-key/:key')
  @Needs('report')
  @DescribeGetByKey()
  async getByIdempotencyKey(
    @Key() key: string,
    @StrictQuery() { channel }: IncidentByKeyQuery,
    @Req() request: Request,
  ): Promise<IncidentResponse | IncidentReceiptResponse | undefined> {
    if (channel === 'kafka') requirePermission(request.accessKey!.role, 'read');
    const scope = channel === 'kafka' ? KAFKA_SCOPE : scopeOf(request, REPORT);
    const incident = await this.readIncidents.byRequest({ scope, key });
    request.res!.setHeader('Location', `/api/v1/incidents/${incident.id}`);
    return mayRead(request) ? respondToRead(incident, request) : IncidentReceiptResponse.from(incident);
  }

  /** Get an incident */
  @Get(':id')
  @Needs('read')
  @DescribeGet()
  async get(@Id() id: IncidentId, @Req() request: Request): Promise<IncidentResponse | undefined> {
    return respondToRead(await this.readIncidents.get(id, workloadOf(request)), request);
  }

  /**
   * Change an incident
   * @remarks Changes the status, the assignee and the urgency, or marks the incident as a duplicate, and appends to the description, all in
   * one transaction.
   */
  @Patch(':id')
  @Needs('change')
  @DescribeUpdate()
  async update(
    @Param('id') id: string,
    @CurrentActor() provenance: Provenance,
    @Req() request: Request,
  ): Promise<IncidentResponse> {
    return this.change(UpdateIncidentDto, id, '', provenance, request);
  }

  /** Change status */
  @Patch(':id/status')
  @Needs('change')
  @DescribeChangeStatus()
  async changeStatus(
    @Param('id') id: string,
    @CurrentActor() provenance: Provenance,
    @Req() request: Request,
  ): Promise<IncidentResponse> {
    return this.change(ChangeStatusDto, id, '/status', provenance, request);
  }

  /** @param subresource of the incident, for the scope of the idempotency key. */
  private async change(
    type: Type<UpdateIncidentDto>,
    path: string,
    subresource: '' | '/status',
    provenance: Provenance,
    request: Request,
  ): Promise<IncidentResponse> {
    const update = async () => {
      const id = parseId(path, IncidentNotFound);
      const body = await readBody(request, type);
      const { description_append: addition, assignee: person, duplicate_of: duplicateOf, ...others } = body;
      if (duplicateOf === id)
        throw invalidInput('body', 'duplicate_of', 'duplicate_of must be another incident');
      const assignee = assigneeIn(person, provenance.actor);
      const isExpected = expectedVersions(request.headers, id);
      const idempotency = idempotencyKeyOf(request, `PATCH /incidents/${id}${subresource}`);
      const workload = workloadOf(request);
      const common = { id, addition, isExpected, ...provenance, idempotency, workload };
      return duplicateOf === undefined
        ? this.updateIncident.execute({ ...others, assignee, ...common })
        : this.markDuplicate.execute({ duplicateOf, ...common });
    };
    const result = await this.intakeMetrics.counted(provenance.channel, update, outcomeOfChange);
    return respondToWrite(result, request);
  }

  /** List the events of an incident */
  @Get(':id/events')
  @Needs('read')
  @DescribeHistory()
  async history(
    @Id() id: IncidentId,
    @StrictQuery() { after, limit }: IncidentHistoryQuery,
    @Req() request: Request,
  ): Promise<IncidentEventResponse[]> {
    const { events, more } = await this.readIncidents.events(id, after, limit);
    await turnToAnswer(request, events, textOf);
    setLinks(request, ['after'], { next: more ? `after=${events.at(-1)!.seq}` : undefined });
    return events.map((event) => IncidentEventResponse.from(event));
  }

  /**
   * List similar incidents
   * @remarks Returns open incidents (NEW, IN_PROGRESS) that may have the same cause: with a similar first report, or with the same asset
   * number in it. The newest 2,000 open incidents are all compared, older ones as far as 0.8 s allow.
   */
  @Get(':id/similar')
  @Needs('read')
  @DescribeSimilar()
  async similar(@Id() id: IncidentId, @Req() request: Request): Promise<SimilarIncidentResponse[]> {
    const similar = await this.readIncidents.similar(id, workloadOf(request));
    await turnToAnswer(request, similar, ({ incident }) => incident.description);
    return similar.map((each) => SimilarIncidentResponse.ofSimilar(each));
  }
}
