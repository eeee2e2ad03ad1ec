// Rating the past again with the tariffs of now; what every unit cost before stays visible (features.md N5).
import { useState } from 'preact/hooks'
import { client, type Schemas, useAnswer } from '../../ask'
import { useParameter } from '../../filter/useFilter'
import { Card } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Select, Text, wrongOf } from '../../kit/inputs'
import { Drawer } from '../../kit/overlay'
import { Fact, Facts, Notice } from '../../kit/pieces'
import { Answered, Empty } from '../../kit/states'
import { Table } from '../../kit/table'
import { useSession } from '../../session'
import { useTerms, useWords } from '../../words'
import { CallDrawer } from '../interactions/detail'
import { Editor, useSaving } from '../settings/editing'
import { momentOf } from '../settings/zoned'
import { Amount } from './sums'

export default function Ratings() {
  const say = useWords('spend')
  const format = useFormat()
  const term = useTerms()
  const [open, setOpen] = useParameter('rating')
  const [ordering, setOrdering] = useState(false)
  const ratings = useAnswer('/v1/charges/ratings', {}, { every: 15_000 })
  return (
    <Card
      title={say('tab.ratings')}
      about={say('ratings.why')}
      tools={
        <button type="button" class="primary" onClick={() => setOrdering(true)}>
          {say('ratings.order')}
        </button>
      }
    >
      <Answered query={ratings} lines={6}>
        {(found) => (
          <Table
            label={say('tab.ratings')}
            rows={found.ratings}
            rowKey={(row) => String(row.number)}
            onPick={(row) => setOpen(String(row.number))}
            empty={<Empty title={say('ratings.none')}>{say('ratings.none_why')}</Empty>}
            columns={[
              {
                id: 'number',
                title: say('no'),
                names: true,
                cell: (row) => (
                  <button type="button" class="link" onClick={() => setOpen(String(row.number))}>
                    {format.count(row.number)}
                  </button>
                ),
              },
              { id: 'at', title: say('ordered'), cell: (row) => format.at(row.at) },
              { id: 'by', title: say('by_whom'), cell: (row) => row.by },
              {
                id: 'period',
                title: say('period'),
                cell: (row) => `${format.at(row.since)} – ${format.at(row.until)}`,
              },
              {
                id: 'what',
                title: say('what'),
                cell: (row) =>
                  [row.connection, row.channel ? term(`channel.${row.channel}`) : '']
                    .filter(Boolean)
                    .join(', ') || say('all'),
              },
              { id: 'reason', title: say('reason'), cell: (row) => row.reason },
              {
                id: 'state',
                title: say('state'),
                cell: (row) => (
                  <span class={row.working ? 'tag warn' : 'tag good'}>
                    {say(row.working ? 'working' : 'done')}
                  </span>
                ),
              },
            ]}
          />
        )}
      </Answered>
      {open ? <Result id={open} onClose={() => setOpen(null)} /> : null}
      {ordering ? (
        <Order
          onClose={() => setOrdering(false)}
          onOrdered={(number) => {
            setOrdering(false)
            setOpen(String(number))
          }}
        />
      ) : null}
    </Card>
  )
}

function Order({ onClose, onOrdered }: { onClose: () => void; onOrdered: (number: number) => void }) {
  const say = useWords('spend')
  const term = useTerms()
  const session = useSession()
  const { zone } = session.me.workspace
  const connections = useAnswer('/v1/directory/connections', {})
  const [since, setSince] = useState('')
  const [until, setUntil] = useState('')
  const [connection, setConnection] = useState('')
  const [channel, setChannel] = useState<'' | 'call' | 'message'>('')
  const [reason, setReason] = useState('')
  const saving = useSaving<Schemas['RatingView']>(['/v1/charges/ratings'])
  const order = () =>
    saving.run(
      () =>
        client.POST('/v1/charges/ratings', {
          body: {
            since: momentOf(since, zone),
            until: momentOf(until, zone),
            connection,
            channel,
            reason: reason.trim(),
          },
        }),
      (made) => onOrdered(made.number),
    )
  return (
    <Editor
      title={say('ratings.order')}
      saving={saving}
      fields={['since', 'until', 'connection', 'channel', 'reason']}
      onClose={onClose}
      onSave={order}
      action={say('ratings.start')}
      disabled={!since || !until || reason.trim().length < 3}
    >
      <Notice>{say('ratings.means')}</Notice>
      <div class="grid spend-small">
        <Text
          label={say('since')}
          why={zone}
          type="datetime-local"
          required
          value={since}
          onChange={setSince}
          wrong={wrongOf(saving.error, 'since')}
        />
        <Text
          label={say('until')}
          why={say('until_why')}
          type="datetime-local"
          required
          value={until}
          onChange={setUntil}
          wrong={wrongOf(saving.error, 'until')}
        />
      </div>
      <div class="grid spend-small">
        <Select
          label={say('connection')}
          value={connection}
          options={[
            { id: '', name: say('all') },
            ...(connections.data?.connections ?? []).map(({ id, name }) => ({ id, name: name || id })),
          ]}
          onChange={setConnection}
          wrong={wrongOf(saving.error, 'connection')}
        />
        <Select
          label={say('channel')}
          value={channel}
          options={[
            { id: '', name: say('all') },
            { id: 'call', name: term('channel.call') },
            { id: 'message', name: term('channel.message') },
          ]}
          onChange={setChannel}
          wrong={wrongOf(saving.error, 'channel')}
        />
      </div>
      <Text
        label={say('reason')}
        why={say('ratings.reason_why')}
        required
        minLength={3}
        maxLength={500}
        value={reason}
        onChange={setReason}
        wrong={wrongOf(saving.error, 'reason')}
      />
    </Editor>
  )
}

function Result({ id, onClose }: { id: string; onClose: () => void }) {
  const say = useWords('spend')
  const format = useFormat()
  const [call, setCall] = useState<string | null>(null)
  const result = useAnswer(
    '/v1/charges/ratings/{id}',
    { params: { path: { id }, query: { limit: 500 } } },
    { keep: false, every: 15_000 },
  )
  return (
    <Drawer title={say('ratings.result', { number: id })} onClose={onClose}>
      <Answered query={result} lines={8}>
        {(found) => (
          <div class="stack" data-rating={id}>
            {found.working ? <Notice tone="warn">{say('ratings.working')}</Notice> : null}
            <Facts>
              <Fact name={say('reason')}>{found.reason}</Fact>
              <Fact name={say('period')}>
                {format.exactly(found.since)} – {format.exactly(found.until)}
              </Fact>
              <Fact name={say('ordered')}>
                {format.at(found.at)}, {found.by}
              </Fact>
              <Fact name={say('ratings.units')}>{format.count(found.units)}</Fact>
            </Facts>
            {found.sums.length ? (
              <Table
                label={say('ratings.sums')}
                rows={found.sums}
                rowKey={(row) => row.currency}
                columns={[
                  { id: 'currency', title: say('currency'), names: true, cell: (row) => row.currency },
                  {
                    id: 'before',
                    title: say('before'),
                    end: true,
                    cell: (row) => <Amount amount={row.before} currency={row.currency} fine />,
                  },
                  {
                    id: 'after',
                    title: say('after'),
                    end: true,
                    cell: (row) => <Amount amount={row.after} currency={row.currency} fine />,
                  },
                  {
                    id: 'change',
                    title: say('change'),
                    end: true,
                    cell: (row) => <Amount amount={row.change} currency={row.currency} fine />,
                  },
                ]}
              />
            ) : null}
            <Table
              label={say('ratings.differences')}
              rows={found.differences}
              rowKey={(row) => `${row.record_id} ${row.unit}`}
              onPick={(row) => setCall(row.record_id)}
              empty={found.working ? undefined : <Empty inline title={say('ratings.same')} />}
              columns={[
                {
                  id: 'at',
                  title: say('column.when'),
                  names: true,
                  cell: (row) => (
                    <button type="button" class="link number nowrap" onClick={() => setCall(row.record_id)}>
                      {format.at(row.charged_at)}
                    </button>
                  ),
                },
                { id: 'destination', title: say('destination'), cell: (row) => row.destination },
                {
                  id: 'before',
                  title: say('before'),
                  end: true,
                  cell: (row) => (
                    <Priced
                      amount={row.before}
                      currency={row.before_currency}
                      tariff={row.before_tariff}
                      version={row.before_version}
                    />
                  ),
                },
                {
                  id: 'after',
                  title: say('after'),
                  end: true,
                  cell: (row) => (
                    <Priced
                      amount={row.after}
                      currency={row.after_currency}
                      tariff={row.after_tariff}
                      version={row.after_version}
                    />
                  ),
                },
                {
                  id: 'change',
                  title: say('change'),
                  end: true,
                  cell: (row) => <Amount amount={row.change} currency={row.after_currency} fine />,
                },
              ]}
            />
          </div>
        )}
      </Answered>
      {call ? <CallDrawer id={call} onClose={() => setCall(null)} /> : null}
    </Drawer>
  )
}

function Priced({
  amount,
  currency,
  tariff,
  version,
}: {
  amount: string | null
  currency: string
  tariff: string
  version: number | null
}) {
  return (
    <>
      <Amount amount={amount} currency={currency} fine />
      {tariff ? (
        <div class="faint small-text">
          {tariff}
          {version === null ? '' : ` v${version}`}
        </div>
      ) : null}
    </>
  )
}
