import { ApiProperty } from '@nestjs/swagger';

const count = { type: 'integer', minimum: 0, example: 0 } as const;

/** What has become of the alerts of a notification, by the number. */
export class TakenResponse {
  /** New incidents. */
  @ApiProperty({ ...count, example: 2 })
  created: number;

  /** Further reports of open incidents. */
  @ApiProperty(count)
  repeated: number;

  /** Problems that are not there any more. */
  @ApiProperty({ ...count, example: 1 })
  applied: number;

  /** What could not be understood, and is kept in the quarantine. */
  @ApiProperty(count)
  quarantined: number;
}
