import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { type Role, ROLES } from '../../../domain/access/role.js';

/** A row of `access_keys`. */
@Entity({ name: 'access_keys' })
@Index('access_keys_live_slot', ['name', 'slot'], { unique: true, where: 'revoked_at IS NULL' })
@Check('access_keys_name_valid', `name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'`)
@Check('access_keys_digest_length', 'length(digest) = 32')
@Check('access_keys_two_slots', 'slot IN (1, 2)')
@Check('access_keys_expiry_after_creation', 'expires_at > created_at')
export class AccessKeyRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'access_keys_pkey',
  })
  id: number;

  @Column('text')
  name: string;

  @Column({ type: 'enum', enum: ROLES, enumName: 'access_role' })
  role: Role;

  /** Whether its holder may name another actor. */
  @Column('boolean', { default: false })
  can_impersonate: boolean;

  /** The first key of its chain of rotations; null for the first key itself. */
  @Column('bigint', { nullable: true })
  first_key_id: number | null;

  /** SHA-256 of the secret. */
  @Column('bytea')
  digest: Buffer;

  /** 1 or 2: a name has at most two live keys. */
  @Column('smallint')
  slot: number;

  @Column({ type: 'timestamptz', precision: 3 })
  created_at: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  expires_at: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  revoked_at: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  last_used_at: Date | null;
}
