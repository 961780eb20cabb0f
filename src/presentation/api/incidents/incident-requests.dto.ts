import type { ListOrder } from '../../../application/incident/incident-list.js';
import { CHAT_SCOPE, type ChatScope } from '../../../domain/attention/attention-policy.js';
import { CHANNEL_NAME, type IncidentChannel } from '../../../domain/incident/incident-channel.js';
import type { IncidentSource } from '../../../domain/incident/incident-source.js';
import { TRANSITION_VIAS, type TransitionVia } from '../../../domain/incident/incident-state-machine.js';
import type { IncidentStatus } from '../../../domain/incident/incident-status.js';
import { ID_SCHEMA, SOURCE_SCHEMA, STATUS_SCHEMA } from '../../http/openapi/schemas.js';
import { MAX_OFFSET } from '../../http/paging/pagination.js';
import { AtLeastOne } from '../../http/validation/at-least-one.js';
import {
  ExcludesMembers,
  Field,
  IsBooleanValue,
  IsInteger,
  IsListOf,
  IsListOfTexts,
  IsOneOf,
  IsTruthValue,
  RequiresMember,
} from '../../http/validation/fields.js';
import {
  IsAssignee,
  IsCursor,
  IsDedupKey,
  IsOrigin,
  IsSearchText,
  IsText,
} from '../../http/validation/text-fields.js';
import { IsTimestamp } from '../../http/validation/is-timestamp.js';

/** The id of an incident in a body or a query. */
const INCIDENT_ID = { ...ID_SCHEMA, maximum: Number.MAX_SAFE_INTEGER, example: 17 } as const;

/** The maximum number of chats or channels in a filter: each is read from the index on its own. */
const MAX_PLACES = 20;

const OFFSET_HINT = '; encode + as %2B';

/** How a change of status is made; both members require `status`. */
export abstract class TransitionDto {
  /**
   * How to reach the status: by one transition, or by as few as it takes, each an event of the history. All of them are made,
   * or none. Requires `status`.
   */
  @IsOneOf(
    { enum: TRANSITION_VIAS, enumName: 'TransitionVia', required: false, default: 'direct' },
    RequiresMember('status'),
  )
  via?: TransitionVia;

  /** Change the incident only while it has this status. Requires `status`. */
  @IsOneOf({ ...STATUS_SCHEMA, required: false, example: 'RESOLVED' }, RequiresMember('status'))
  from?: IncidentStatus;
}

export class ChangeStatusDto extends TransitionDto {
  /** The status to reach. */
  @IsOneOf({ ...STATUS_SCHEMA, example: 'IN_PROGRESS' })
  status: IncidentStatus;
}

@AtLeastOne()
export class UpdateIncidentDto extends TransitionDto {
  /** The status to reach. */
  @IsOneOf({ ...STATUS_SCHEMA, required: false, example: 'IN_PROGRESS' })
  status?: IncidentStatus;

  /** A text to append to the description, as a new line. */
  @IsText({ required: false, example: 'Выехал механик' })
  description_append?: string;

  /**
   * Who is to work on it, or `me`; null or `none` for nobody. A NEW incident becomes IN_PROGRESS by that, unless the request has a
   * `status`.
   */
  @IsAssignee({ nullable: true })
  assignee?: string | null;

  /** Whether it needs attention before others. */
  @Field({ type: Boolean, required: false, example: true }, IsBooleanValue())
  urgent?: boolean;

  /**
   * The incident that this one repeats; if that is a duplicate itself, its original. This one is CLOSED by as few transitions as it
   * takes, and its reports count there. It must be another incident. Excludes all other members but `description_append`.
   */
  @IsInteger(INCIDENT_ID, ExcludesMembers('status', 'via', 'from', 'assignee', 'urgent'))
  duplicate_of?: number;
}

/** The orders of lists by their names in queries. */
export const SORTS = {
  '-created_at': 'newest-first',
  created_at: 'oldest-first',
  attention: 'attention',
} as const satisfies Record<string, ListOrder>;

type SortName = keyof typeof SORTS;

export class ListIncidentsQuery {
  /** Only incidents with one of these statuses; comma-separated, or repeated. */
  @IsListOf(STATUS_SCHEMA)
  status?: IncidentStatus[];

  /** Only incidents from one of these sources; comma-separated, or repeated. */
  @IsListOf(SOURCE_SCHEMA)
  source?: IncidentSource[];

  /** Only incidents that were first reported through one of these channels; comma-separated, or repeated. */
  @IsListOfTexts(CHANNEL_NAME, {
    maxItems: MAX_PLACES,
    example: ['telegram'],
    rule: `must be up to ${MAX_PLACES} channels such as telegram`,
  })
  channel?: IncidentChannel[];

  /** Only incidents with this deduplication key. */
  @IsDedupKey()
  dedup_key?: string;

  /** Only incidents reported at this time or later. A date stands for its start in UTC. */
  @IsTimestamp('2026-01-01T00:00:00Z', OFFSET_HINT)
  created_from?: string;

  /** Only incidents reported before this time. A date stands for its start in UTC. */
  @IsTimestamp('2036-01-01', OFFSET_HINT)
  created_to?: string;

  /** Only incidents whose description contains this text, in any language and case: at least two characters. */
  @IsSearchText('самокат')
  q?: string;

  /** Only incidents assigned to this person, to `me`, or to nobody: `none`. */
  @IsAssignee()
  assignee?: string;

  /** Only urgent incidents, or only others. */
  @IsTruthValue()
  urgent?: boolean;

  /** Only incidents that are NEW or IN_PROGRESS and assigned to nobody, or only others. */
  @IsTruthValue()
  untaken?: boolean;

  /** Only incidents that were marked as duplicates of this one. */
  @IsInteger(INCIDENT_ID)
  duplicate_of?: number;

  /** Only incidents that were first reported at this place. */
  @IsOrigin()
  origin?: string;

  /** Only incidents that were first reported in one of these chats, as in their origins; comma-separated, or repeated. */
  @IsListOfTexts(CHAT_SCOPE, {
    maxItems: MAX_PLACES,
    example: ['tg:-100123'],
    rule: `must be up to ${MAX_PLACES} chats such as tg:-100123`,
  })
  chat?: ChatScope[];

  /**
   * Newest first (`-created_at`), oldest first (`created_at`), or by `attention`: urgent ones first, then those that are untaken,
   * then IN_PROGRESS, RESOLVED and CLOSED, each oldest first. A search (`q`) has the first two only.
   */
  @IsOneOf({ enum: Object.keys(SORTS), required: false })
  sort: SortName = '-created_at';

  /** Whether descriptions are cut to their first line with text, and that to 200 characters: for lists that show no more. */
  @IsTruthValue()
  excerpt?: boolean;

  /** The maximum number of incidents. A page ends earlier if its descriptions exceed 4 MiB; `next` continues it. */
  @IsInteger({ minimum: 1, maximum: 200 })
  limit: number = 50;

  /** The number of incidents to skip. The links of the answer go further, by `cursor`. */
  @IsInteger({ minimum: 0, maximum: MAX_OFFSET, default: 0 })
  offset?: number;

  /** The cursor of a page, from a link. Stays correct while incidents arrive; needs the same `sort`, and no `offset`. */
  @IsCursor()
  cursor?: string;
}

export class IncidentByKeyQuery {
  /** The channel of the report: REST with this access key, or a message from Kafka. */
  @IsOneOf({ enum: ['rest', 'kafka'], required: false })
  channel: 'rest' | 'kafka' = 'rest';
}

export class IncidentHistoryQuery {
  /** Only events with a greater seq. */
  @IsInteger({ minimum: 0, maximum: 2_147_483_647 })
  after: number = 0;

  /** The maximum number of events. */
  @IsInteger({ minimum: 1, maximum: 200 })
  limit: number = 50;
}
