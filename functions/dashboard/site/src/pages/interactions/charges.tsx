// What a call or text was charged, unit by unit, with every rating (features.md N5).
import { type Schemas, useAnswer } from '../../ask'
import { pathId } from '../../ask/ids'
import { useFormat } from '../../kit/format'
import { Phone } from '../../kit/pieces'
import { Answered } from '../../kit/states'
import { Table } from '../../kit/table'
import { useTerms, useWords } from '../../words'

interface Line {
  unit: Schemas['UnitView']
  rated: Schemas['RatedView']
}

export function Charges({ recordId, channel }: { recordId: string; channel: 'call' | 'message' }) {
  const say = useWords('interactions')
  const term = useTerms()
  const format = useFormat()
  const charges = useAnswer('/v1/interactions/{id}/charges', {
    params: { path: { id: pathId(recordId) }, query: { channel } },
  })
  const amount = ({ rated }: Line) =>
    rated.cost_amount === null
      ? rated.unpriced || say('unpriced')
      : format.money(rated.cost_amount, rated.cost_currency, 4)
  return (
    <Answered query={charges} lines={2}>
      {(found) => {
        const rows: Line[] = found.units.flatMap((unit) => unit.ratings.map((rated) => ({ unit, rated })))
        return (
          <Table
            label={say('charges')}
            rows={rows}
            rowKey={(row) => `${row.unit.unit}#${row.rated.rating}`}
            rowClass={(row) => (row.rated.current ? undefined : 'gone')}
            empty={<p class="faint">{say('no_charges')}</p>}
            columns={[
              {
                id: 'number',
                title: say('charged_number'),
                cell: (row) => <Phone number={row.unit.number} copy={false} />,
                names: true,
              },
              {
                id: 'units',
                title: say('billed'),
                end: true,
                cell: (row) =>
                  row.unit.segments === null
                    ? format.seconds(row.rated.charged_s ?? row.unit.billable_s)
                    : format.count(row.unit.segments),
              },
              {
                id: 'tariff',
                title: say('tariff'),
                cell: (row) =>
                  row.rated.tariff_name
                    ? `${row.rated.tariff_name} ${row.rated.prefix ? `(${row.rated.prefix} ${row.rated.destination})` : ''}`
                    : row.rated.cost_source
                      ? term(`cost_source.${row.rated.cost_source}`)
                      : '',
              },
              { id: 'amount', title: say('cost'), end: true, cell: amount },
            ]}
          />
        )
      }}
    </Answered>
  )
}
