import {
  Controller,
  Get,
  Headers,
  Param,
  Patch,
  Post,
  Query,
  Req,
  Res,
  type StreamableFile,
} from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { GetIncidentHistory } from '../../application/incident/get-incident-history.js';
import { GetIncident } from '../../application/incident/get-incident.js';
import { ListIncidents } from '../../application/incident/list-incidents.js';
import { ReportIncident } from '../../application/incident/report-incident.js';
import { UpdateIncident, type UpdateIncidentCommand } from '../../application/incident/update-incident.js';
import type { IncidentId } from '../../domain/incident/incident.js';
import { Actor } from './access-key.guard.js';
import { BulkIntake, NDJSON } from './bulk-intake.js';
import { etagOf, isKnown, versionsIn } from './etag.js';
import { IncidentIdPipe } from './incident-id.pipe.js';
import {
  ChangeStatusDto,
  IncidentEventResponse,
  IncidentHistoryQuery,
  IncidentResponse,
  ListIncidentsQuery,
  ReportIncidentDto,
  UpdateIncidentDto,
} from './incidents.dto.js';
import { toIncidentQuery } from './incident-query.js';
import { JsonBody, readBody } from './json-body.js';
import { describePage, setLinks } from './pages.js';
import { Problems } from './problem.dto.js';
import { invalidRequest } from './problems.js';
import { StrictPipe } from './strict.pipe.js';

const Id = () => Param('id', IncidentIdPipe);
const StrictQuery = () => Query(new StrictPipe('query'));

const header = (description: string, example: string) => ({
  description,
  schema: { type: 'string' as const, example },
});
const ETAG = { ETag: header('The incident as it is now, for If-Match and If-None-Match.', '"1-1"') };
const LINK = {
  Link: header('The pages around this one (RFC 8288).', '</api/v1/incidents?offset=50>; rel="next"'),
};

const DocumentedId = () =>
  ApiParam({ name: 'id', type: 'integer', schema: { type: 'integer', minimum: 1 }, example: 1 });
const DocumentedIfMatch = () =>
  ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'Change the incident only while it is as in this ETag.',
    schema: { type: 'string', example: '*' },
  });

/** `/api/v1/incidents`: reports in, incidents out. */
@ApiTags('incidents')
@Problems('request.unauthorized', 'register.unavailable')
@Controller('api/v1/incidents')
export class IncidentsController {
  constructor(
    private readonly reportIncident: ReportIncident,
    private readonly updateIncident: UpdateIncident,
    private readonly getIncident: GetIncident,
    private readonly listIncidents: ListIncidents,
    private readonly getIncidentHistory: GetIncidentHistory,
    private readonly bulkIntake: BulkIntake,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Report an incident, or many as a stream of lines.',
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: { $ref: getSchemaPath(ReportIncidentDto) } },
        [NDJSON]: {
          schema: { type: 'string' },
          example:
            '{"description": "Касса 3 не печатает", "source": "partner"}\n{"description": "", "source": "partner"}\n',
        },
      },
    },
  })
  @ApiExtraModels(ReportIncidentDto)
  @ApiResponse({
    status: 201,
    type: IncidentResponse,
    description: 'The incident is committed.',
    headers: { ...ETAG, Location: header('Where the incident is.', '/api/v1/incidents/1') },
  })
  @ApiOkResponse({
    description: 'A line for each line, in the same order, each after its commit.',
    content: {
      [NDJSON]: {
        schema: { type: 'string' },
        example:
          '{"line":1,"id":17,"status":201}\n{"line":2,"status":400,"code":"request.invalid",' +
          '"detail":"description must not be blank.","errors":[{"in":"body","pointer":"/description",' +
          '"detail":"description must not be blank"}]}\n',
      },
    },
  })
  @Problems(
    'request.invalid',
    'request.malformed-body',
    'request.timeout',
    'request.body-too-large',
    'request.unsupported-media-type',
  )
  async report(
    @Req() request: Request,
    @Actor() actor: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse | StreamableFile> {
    if (this.bulkIntake.accepts(request)) {
      response.status(200);
      return this.bulkIntake.answer(request, actor);
    }
    const { description, source } = await readBody(request, response, ReportIncidentDto);
    const incident = await this.reportIncident.execute({ description, source, actor });
    response.setHeader('Location', `/api/v1/incidents/${incident.id}`);
    response.setHeader('ETag', etagOf(incident));
    return IncidentResponse.from(incident);
  }

  /** List incidents. */
  @Get()
  @ApiOkResponse({
    type: [IncidentResponse],
    description: 'A page of incidents.',
    headers: {
      ...LINK,
      'X-Total-Count': { description: 'Incidents on all pages.', schema: { type: 'integer', example: 1234 } },
      'X-Total-Count-Relation': header(
        '`gte` where there are more than X-Total-Count says (with `q` or dates only).',
        'gte',
      ),
      'Content-Range': header('Where this page stands in the whole.', 'incidents 0-49/1234'),
    },
  })
  @Problems('request.invalid')
  async list(
    @StrictQuery() query: ListIncidentsQuery,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse[]> {
    const incidentQuery = toIncidentQuery(query);
    const page = await this.listIncidents.execute(incidentQuery);
    describePage(request, response, incidentQuery, page);
    return page.incidents.map((incident) => IncidentResponse.from(incident));
  }

  /** Show an incident. */
  @Get(':id')
  @DocumentedId()
  @ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: 'Answer 304 while the incident is as in this ETag.',
    schema: { type: 'string', example: '"0-0"' },
  })
  @ApiOkResponse({ type: IncidentResponse, description: 'The incident as it is now.', headers: ETAG })
  @ApiResponse({ status: 304, description: 'The incident is as in If-None-Match.', headers: ETAG })
  @Problems('request.invalid', 'incident.not-found')
  async get(
    @Id() id: IncidentId,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse | undefined> {
    const incident = await this.getIncident.execute(id);
    response.setHeader('ETag', etagOf(incident));
    if (isKnown(incident, ifNoneMatch)) {
      response.status(304);
      return undefined;
    }
    return IncidentResponse.from(incident);
  }

  /** Move an incident, add to its description, or both at once. */
  @Patch(':id')
  @DocumentedId()
  @DocumentedIfMatch()
  @ApiBody({ type: UpdateIncidentDto })
  @ApiOkResponse({ type: IncidentResponse, description: 'All of the change is committed.', headers: ETAG })
  @Problems(
    'request.invalid',
    'request.malformed-body',
    'request.timeout',
    'incident.not-found',
    'incident.illegal-transition',
    'incident.description-full',
    'incident.version-mismatch',
    'request.body-too-large',
    'request.unsupported-media-type',
  )
  async update(
    @Id() id: IncidentId,
    @Headers('if-match') ifMatch: string | undefined,
    @JsonBody() { status, description_append: addition }: UpdateIncidentDto,
    @Actor() actor: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse> {
    if (status === undefined && addition === undefined) {
      const detail = 'status, description_append or both are needed';
      throw invalidRequest([{ in: 'body', pointer: '', detail }]);
    }
    const expectedVersions = versionsIn(ifMatch, id);
    return this.change({ id, status, addition, expectedVersions, actor }, response);
  }

  /** Move an incident. */
  @Patch(':id/status')
  @DocumentedId()
  @DocumentedIfMatch()
  @ApiBody({ type: ChangeStatusDto })
  @ApiOkResponse({ type: IncidentResponse, description: 'The move is committed.', headers: ETAG })
  @Problems(
    'request.invalid',
    'request.malformed-body',
    'request.timeout',
    'incident.not-found',
    'incident.illegal-transition',
    'incident.version-mismatch',
    'request.body-too-large',
    'request.unsupported-media-type',
  )
  async changeStatus(
    @Id() id: IncidentId,
    @Headers('if-match') ifMatch: string | undefined,
    @JsonBody() { status }: ChangeStatusDto,
    @Actor() actor: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentResponse> {
    return this.change({ id, status, expectedVersions: versionsIn(ifMatch, id), actor }, response);
  }

  /** Show what happened to an incident. */
  @Get(':id/events')
  @DocumentedId()
  @ApiOkResponse({
    type: [IncidentEventResponse],
    description: 'The events in the order in which they happened.',
    headers: LINK,
  })
  @Problems('request.invalid', 'incident.not-found')
  async history(
    @Id() id: IncidentId,
    @StrictQuery() { after, limit }: IncidentHistoryQuery,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IncidentEventResponse[]> {
    const { events, more } = await this.getIncidentHistory.execute(id, after, limit);
    setLinks(request, response, { next: more ? { after: events.at(-1)!.seq } : undefined });
    return events.map((event) => IncidentEventResponse.from(event));
  }

  private async change(command: UpdateIncidentCommand, response: Response): Promise<IncidentResponse> {
    const incident = await this.updateIncident.execute(command);
    response.setHeader('ETag', etagOf(incident));
    return IncidentResponse.from(incident);
  }
}
