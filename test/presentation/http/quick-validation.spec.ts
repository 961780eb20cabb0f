import { IsIn, IsString, MaxLength, ValidateIf, ValidateNested, validateSync } from 'class-validator';
import {
  ListIncidentsQuery,
  UpdateIncidentDto,
} from '../../../src/presentation/api/incidents/incident-requests.dto.js';
import { ReportIncidentDto, ReportLineDto } from '../../../src/presentation/intake/report.dto.js';
import { isSurelyValid } from '../../../src/presentation/http/validation/quick-validation.js';

const VALUES = [
  undefined,
  null,
  '',
  ' ',
  'text',
  'monitoring',
  'CLOSED',
  '\0',
  '\ud800',
  'x'.repeat(10_001),
  7,
  {},
  [],
];

describe('quick validation', () => {
  it.each([ReportIncidentDto, ReportLineDto, UpdateIncidentDto])(
    'agrees with class-validator about %p',
    (type) => {
      const names = ['description', 'source', 'dedup_key', 'idempotency_key', 'status', 'description_append'];
      const valid = { description: 'text', source: 'monitoring' };
      for (const name of names) {
        for (const value of VALUES) {
          const instance = Object.assign(new type(), { ...valid, [name]: value });
          expect([name, value, isSurelyValid(type, instance)]).toEqual([
            name,
            value,
            validateSync(instance).length === 0,
          ]);
        }
      }
    },
  );

  it.each([[['NEW']], [['NEW', 'CLOSED']], [['NEW', 'OLD']], [[]], [null], [7], [{ 0: 'NEW' }]])(
    'agrees with class-validator about the statuses %j of a list',
    (status) => {
      const query = Object.assign(new ListIncidentsQuery(), { status });
      expect(isSurelyValid(ListIncidentsQuery, query)).toBe(validateSync(query).length === 0);
    },
  );

  it('applies inherited rules', () => {
    class Short {
      @MaxLength(3)
      text: string;
    }
    class ShortOne extends Short {
      @IsIn(['a'])
      kind: string;
    }
    expect(isSurelyValid(ShortOne, Object.assign(new ShortOne(), { text: 'abc', kind: 'a' }))).toBe(true);
    expect(isSurelyValid(ShortOne, Object.assign(new ShortOne(), { text: 'abcd', kind: 'a' }))).toBe(false);
  });

  it('passes the instance and the value to a condition', () => {
    class Conditional {
      kind: string;

      @ValidateIf(({ kind }: Conditional, value) => kind === 'a' && value !== undefined)
      @IsString()
      text: unknown;
    }
    expect(isSurelyValid(Conditional, Object.assign(new Conditional(), { kind: 'a', text: 1 }))).toBe(false);
    expect(isSurelyValid(Conditional, Object.assign(new Conditional(), { kind: 'b', text: 1 }))).toBe(true);
  });

  it('leaves rules that are not simple to class-validator', () => {
    class Part {
      @IsString()
      text: string;
    }
    class Whole {
      @ValidateNested()
      part: Part;
    }
    class Ruleless {}
    expect(isSurelyValid(Whole, Object.assign(new Whole(), { part: new Part() }))).toBe(false);
    expect(isSurelyValid(Ruleless, new Ruleless())).toBe(false);
  });
});
