import type { components } from '../../../src/shared/api-schema.js';

type Schemas = components['schemas'];

export type Incident = Schemas['IncidentResponse'];
export type IncidentEvent = Schemas['IncidentEventResponse'];
export type SimilarIncident = Schemas['SimilarIncidentResponse'];
export type Status = Schemas['IncidentStatus'];
export type Source = Schemas['IncidentSource'];
export type Channel = Schemas['IncidentChannel'];
export type ProblemCode = Schemas['ProblemCode'];
export type Attachment = Schemas['AttachmentResponse'];
export type AttachedFile = Schemas['AttachedFileResponse'];
export type Policy = Schemas['PolicyResponse'];
export type Heartbeat = Schemas['HeartbeatResponse'];
export type Update = Schemas['UpdateIncidentDto'];
export type Report = Schemas['ReportIncidentDto'];

export const STATUSES = ['NEW', 'IN_PROGRESS', 'RESOLVED', 'CLOSED'] as const satisfies readonly Status[];
export const SOURCES = ['operator', 'monitoring', 'partner'] as const satisfies readonly Source[];
