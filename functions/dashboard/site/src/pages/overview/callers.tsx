// The fourth tab: who calls, whether they are new, and whether they have to call again.
import { Link } from 'wouter-preact'
import { type Schemas, useAnswer } from '../../ask'
import type { Filter } from '../../filter/filter'
import { useParameter } from '../../filter/useFilter'
import { Switch } from '../../kit/choices'
import { MetaLine, MetricName } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Fact, Facts } from '../../kit/pieces'
import { Table } from '../../kit/table'
import { useMay } from '../../session'
import { useWords } from '../../words'
import { customersAt, linkOf } from './links'
import { Shares } from './shares'
import { EVERY, Widget } from './widget'

const WINDOWS = ['24', '72', '168'] as const
const WAYS = ['team', 'user', 'number'] as const
type Value = Schemas['Value']

function Share({ value, href }: { value: Value; href?: string | null }) {
  const format = useFormat()
  const count = format.count(value.numerator)
  return (
    <>
      <b>{format.share(value.value)}</b>{' '}
      <span class="faint">
        ({href && Number(value.numerator ?? 0) ? <Link href={href}>{count}</Link> : count})
      </span>
    </>
  )
}

export function CallersTab({ filter }: { filter: Filter }) {
  const say = useWords('overview')
  const kit = useWords('kit')
  const format = useFormat()
  const leads = useMay('view_all_calls')
  const [asked, setWindow] = useParameter('window', '72')
  const window = WINDOWS.find((one) => one === asked) ?? '72'
  const [askedBy, setBy] = useParameter('by', 'team')
  const by = WAYS.find((one) => one === askedBy) ?? 'team'
  const answer = useAnswer(
    '/v1/analytics/callers',
    {
      params: {
        query: { ...filter, ...(window === '72' ? {} : { window_h: Number(window) as 24 | 168 }), by },
      },
    },
    { every: EVERY },
  )
  const windows = (
    <Switch
      label={say('window')}
      options={WINDOWS.map((id) => ({ id, name: say('window.days', { count: Number(id) / 24 }) }))}
      chosen={window}
      onChange={setWindow}
    />
  )
  return (
    <div class="stack">
      <div class="grid halves">
        <Widget title={say('callers')} about={say('callers.about')} query={answer} height={330}>
          {({ meta, callers, conversations, handling }) => (
            <div class="stack">
              {callers ? (
                <>
                  <Facts>
                    <Fact name={<MetricName id="callers" />}>
                      <b>
                        {callers.callers.value ? (
                          <Link href={customersAt(meta.filter, callers.drill)}>
                            {format.count(callers.callers.value)}
                          </Link>
                        ) : (
                          format.count(callers.callers.value)
                        )}
                      </b>
                    </Fact>
                    <Fact name={<MetricName id="new_customers" />}>
                      <Share
                        value={callers.new}
                        href={customersAt(meta.filter, callers.drill, callers.new_drill)}
                      />
                    </Fact>
                    <Fact name={<MetricName id="returning_customers" />}>
                      <Share value={callers.returning} />
                    </Fact>
                    <Fact name={<MetricName id="new_customers_answered" />}>
                      <Share value={callers.new_answered} />
                    </Fact>
                    {conversations ? (
                      <>
                        <Fact name={<MetricName id="unique_conversations" />}>
                          <b>{format.count(conversations.unique.value)}</b>
                        </Fact>
                        <Fact name={<MetricName id="anonymous_interactions" />}>
                          {format.count(conversations.anonymous.value)}
                        </Fact>
                      </>
                    ) : null}
                    {handling ? (
                      <>
                        <Fact name={<MetricName id="handling_s" />}>
                          {format.seconds(handling.time.value)}
                        </Fact>
                        <Fact name={<MetricName id="handling_waiting" />}>
                          {format.count(handling.waiting.value)}
                        </Fact>
                      </>
                    ) : null}
                  </Facts>
                  <p class="chart-note">
                    <MetaLine meta={meta} />
                  </p>
                </>
              ) : null}
            </div>
          )}
        </Widget>
        <Widget title={say('bands')} about={say('bands.about')} query={answer} height={330}>
          {({ meta, callers }) => (
            <Shares
              label={say('bands')}
              columns={[say('bands.calls'), say('bands.customers')]}
              rows={(callers?.bands ?? []).map((band) => ({
                id: band.band,
                name: band.band,
                count: Number(band.customers.numerator ?? 0),
                share: Number(band.customers.value ?? 0),
                href: customersAt(meta.filter, callers?.drill ?? {}, band.drill),
              }))}
              total={
                callers
                  ? {
                      name: kit('total'),
                      count: Number(callers.callers.value ?? 0),
                      href: customersAt(meta.filter, callers.drill),
                    }
                  : undefined
              }
            />
          )}
        </Widget>
      </div>
      <Widget title={say('fcr')} about={say('fcr.about')} query={answer} height={240} tools={windows}>
        {({ meta, repeats }) =>
          repeats ? (
            <div class="grid service">
              <div data-metric="fcr">
                <div class="big-figure">
                  <span>{format.share(repeats.fcr.value)}</span>
                </div>
                <p class="faint">
                  {say('fcr.of', {
                    count: format.count(repeats.fcr.numerator),
                    all: format.count(repeats.fcr.denominator),
                  })}
                </p>
                <p class="chart-note">
                  <MetaLine meta={meta} />
                </p>
              </div>
              <Shares
                label={say('fcr')}
                columns={[say('fcr.became'), say('calls')]}
                rows={(
                  [
                    ['resolved', repeats.resolved, null, '--good'],
                    ['repeated', repeats.repeated, linkOf(meta.filter, repeats.repeated_drill), '--bad'],
                    ['open', repeats.open, null, '--warn'],
                    ['unknown', repeats.unknown, null, '--outcome-outbound_aborted'],
                  ] as const
                ).map(([id, value, href, color]) => ({
                  id,
                  name: say(`fcr.${id}`),
                  count: Number(value.value ?? 0),
                  share: null,
                  bar: Number(value.value ?? 0),
                  href,
                  color,
                }))}
                total={{
                  name: say('fcr.answered'),
                  count: Number(repeats.answered.value ?? 0),
                  href: linkOf(meta.filter, repeats.drill),
                }}
              />
            </div>
          ) : null
        }
      </Widget>
      <Widget
        title={say('callers.rows')}
        query={answer}
        height={150}
        tools={
          <Switch
            label={say('callers.rows')}
            options={WAYS.filter((way) => leads || way !== 'user').map((id) => ({
              id,
              name: say(`by.${id}`),
            }))}
            chosen={by}
            onChange={setBy}
          />
        }
      >
        {(found) => (
          <Table
            label={say('callers.rows')}
            rowKey={(row) => row.id}
            rows={found.rows.filter(
              (row) => row.id || Number(row.repeats?.answered.value ?? 0) || Number(row.callers?.value ?? 0),
            )}
            columns={[
              {
                id: 'name',
                title: say(`by.${by}`),
                names: true,
                cell: (row) => (row.id ? row.name : kit('unassigned')),
              },
              {
                id: 'callers',
                title: say('callers'),
                end: true,
                cell: (row) => format.count(row.callers?.value),
              },
              {
                id: 'answered',
                title: say('fcr.answered'),
                end: true,
                cell: (row) => {
                  const count = format.count(row.repeats?.answered.value)
                  const href = row.repeats?.answered.value
                    ? linkOf(found.meta.filter, row.repeats.drill)
                    : null
                  return href ? <Link href={href}>{count}</Link> : count
                },
              },
              {
                id: 'fcr',
                title: say('fcr.short'),
                end: true,
                cell: (row) => format.share(row.repeats?.fcr.value),
              },
              {
                id: 'repeated',
                title: say('fcr.repeated'),
                end: true,
                cell: (row) => {
                  const count = format.count(row.repeats?.repeated.value)
                  const href = row.repeats?.repeated.value
                    ? linkOf(found.meta.filter, row.repeats.repeated_drill)
                    : null
                  return href ? <Link href={href}>{count}</Link> : count
                },
              },
              {
                id: 'open',
                title: say('fcr.open'),
                end: true,
                cell: (row) => format.count(row.repeats?.open.value),
              },
            ]}
          />
        )}
      </Widget>
    </div>
  )
}
