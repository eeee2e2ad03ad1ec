// Tariffs: prices by destination, edited as a sheet; every version is kept (features.md N5, N9).
import { History, Plus } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { client, type Schemas, useAnswer } from '../../ask'
import { Card } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Field, Select, Text, wrongOf } from '../../kit/inputs'
import { Confirm, Dialog } from '../../kit/overlay'
import { Notice } from '../../kit/pieces'
import { Answered, Empty } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useSession } from '../../session'
import { useTerms, useWords } from '../../words'
import { Editor, ifMatch, useSaving } from '../settings/editing'
import { momentOf, wallOf } from '../settings/zoned'
import { type Rate, readRates, writeRates } from './sheet'
import { Amount } from './sums'

type Entry = Schemas['TariffEntry']
type Doing = { kind: 'edit'; id: string } | { kind: 'new' } | { kind: 'versions'; id: string; name: string }

export default function Tariffs() {
  const say = useWords('spend')
  const tariffs = useAnswer('/v1/directory/tariffs', {})
  const connections = useAnswer('/v1/directory/connections', {})
  const [doing, setDoing] = useState<Doing | null>(null)
  const nameOf = (id: string) => connections.data?.connections.find((one) => one.id === id)?.name || id
  const columns = useColumns(nameOf, setDoing)
  return (
    <Card
      title={say('tab.tariffs')}
      about={say('tariffs.why')}
      tools={
        <button type="button" class="primary" onClick={() => setDoing({ kind: 'new' })}>
          <Plus size={16} aria-hidden="true" /> {say('tariffs.new')}
        </button>
      }
    >
      <Answered query={tariffs} lines={6}>
        {(found) => (
          <Table
            label={say('tab.tariffs')}
            columns={columns}
            rows={found.tariffs.filter((one) => !one.deleted_at)}
            rowKey={(row) => row.id}
            onPick={(row) => setDoing({ kind: 'edit', id: row.id })}
            empty={<Empty title={say('tariffs.none')}>{say('tariffs.none_why')}</Empty>}
          />
        )}
      </Answered>
      {doing?.kind === 'new' ? (
        <Form
          tariff={null}
          connections={connections.data?.connections ?? []}
          onClose={() => setDoing(null)}
        />
      ) : null}
      {doing?.kind === 'edit' ? (
        <Opened
          id={doing.id}
          connections={connections.data?.connections ?? []}
          onClose={() => setDoing(null)}
        />
      ) : null}
      {doing?.kind === 'versions' ? (
        <Versions id={doing.id} name={doing.name} onClose={() => setDoing(null)} />
      ) : null}
      <p class="faint small-text tariffs-note">{say('tariffs.kept')}</p>
    </Card>
  )
}

function useColumns(nameOf: (id: string) => string, act: (doing: Doing) => void): Column<Entry>[] {
  const say = useWords('spend')
  const term = useTerms()
  const format = useFormat()
  return [
    {
      id: 'name',
      title: say('name'),
      names: true,
      cell: (row) => (
        <button type="button" class="link" onClick={() => act({ kind: 'edit', id: row.id })}>
          {row.name}
        </button>
      ),
    },
    { id: 'channel', title: say('channel'), cell: (row) => term(`channel.${row.channel}`) },
    {
      id: 'connection',
      title: say('connection'),
      cell: (row) => (row.connection ? nameOf(row.connection) : <span class="faint">{say('all')}</span>),
    },
    { id: 'currency', title: say('currency'), cell: (row) => row.currency },
    {
      id: 'valid',
      title: say('valid'),
      cell: (row) =>
        row.valid_from || row.valid_to
          ? `${row.valid_from ? format.at(row.valid_from) : '…'} – ${row.valid_to ? format.at(row.valid_to) : '…'}`
          : say('always'),
    },
    { id: 'version', title: say('version'), end: true, cell: (row) => format.count(row.version) },
    {
      id: 'more',
      title: <span class="unseen">{say('versions')}</span>,
      end: true,
      cell: (row) => (
        <button
          type="button"
          class="small"
          onClick={() => act({ kind: 'versions', id: row.id, name: row.name })}
        >
          <History size={14} aria-hidden="true" /> {say('versions')}
        </button>
      ),
    },
  ]
}

interface FormProps {
  tariff: Schemas['TariffView'] | null
  connections: readonly { id: string; name: string }[]
  onClose: () => void
  reload?: () => void
}

function Opened({ id, connections, onClose }: Omit<FormProps, 'tariff'> & { id: string }) {
  const tariff = useAnswer('/v1/directory/tariffs/{id}', { params: { path: { id } } }, { keep: false })
  if (!tariff.data) return null
  return (
    <Form
      key={tariff.data.etag}
      tariff={tariff.data}
      connections={connections}
      onClose={onClose}
      reload={() => void tariff.refetch()}
    />
  )
}

function Form({ tariff, connections, onClose, reload }: FormProps) {
  const say = useWords('spend')
  const kit = useWords('kit')
  const term = useTerms()
  const format = useFormat()
  const session = useSession()
  const { zone } = session.me.workspace
  const local = (iso: string | null | undefined) => (iso ? wallOf(iso, zone) : '')
  const [name, setName] = useState(tariff?.name ?? '')
  const [channel, setChannel] = useState(tariff?.channel ?? 'call')
  const [connection, setConnection] = useState(tariff?.connection ?? '')
  const [currency, setCurrency] = useState(tariff?.currency ?? format.currency)
  const [from, setFrom] = useState(local(tariff?.valid_from))
  const [to, setTo] = useState(local(tariff?.valid_to))
  const [sheet, setSheet] = useState(() => writeRates(tariff?.rates ?? []))
  const [deleting, setDeleting] = useState(false)
  const saving = useSaving<unknown>([
    '/v1/directory/tariffs',
    '/v1/directory/tariffs/{id}',
    '/v1/directory/tariffs/{id}/versions',
  ])
  const { rates, wrong } = readRates(sheet)
  const save = () => {
    if (wrong.length) return
    const body = {
      name: name.trim(),
      channel: channel as 'call' | 'message',
      connection,
      currency: currency.trim().toUpperCase(),
      rates,
      valid_from: from ? momentOf(from, zone) : null,
      valid_to: to ? momentOf(to, zone) : null,
    }
    saving.run(
      () =>
        tariff
          ? client.PUT('/v1/directory/tariffs/{id}', {
              params: { path: { id: tariff.id }, header: ifMatch(tariff.etag) },
              body,
            })
          : client.POST('/v1/directory/tariffs', { body }),
      onClose,
    )
  }
  const remove = () => {
    if (!tariff) return
    setDeleting(false)
    saving.run(
      () => client.DELETE('/v1/directory/tariffs/{id}', { params: { path: { id: tariff.id } } }),
      onClose,
    )
  }
  const load = async (file: File | undefined) => {
    if (file) setSheet(await file.text())
  }
  return (
    <Editor
      title={tariff?.name ?? say('tariffs.new')}
      saving={saving}
      fields={['name', 'currency', 'connection', 'valid_from', 'valid_to', 'rates']}
      onClose={onClose}
      onSave={save}
      reload={reload}
      disabled={wrong.length > 0}
      more={
        tariff ? (
          <button type="button" class="danger" onClick={() => setDeleting(true)}>
            {kit('delete')}
          </button>
        ) : null
      }
    >
      {tariff ? <Notice>{say('tariffs.replace')}</Notice> : null}
      <Text
        label={say('name')}
        value={name}
        required
        maxLength={120}
        onChange={setName}
        wrong={wrongOf(saving.error, 'name')}
      />
      <div class="grid spend-small">
        <Select
          label={say('channel')}
          value={channel}
          options={(['call', 'message'] as const).map((id) => ({ id, name: term(`channel.${id}`) }))}
          onChange={setChannel}
        />
        <Text
          label={say('currency')}
          value={currency}
          required
          maxLength={3}
          onChange={setCurrency}
          wrong={wrongOf(saving.error, 'currency')}
        />
        <Select
          label={say('connection')}
          value={connection}
          options={[
            { id: '', name: say('all') },
            ...connections.map(({ id, name: of }) => ({ id, name: of || id })),
          ]}
          onChange={setConnection}
          wrong={wrongOf(saving.error, 'connection')}
        />
      </div>
      <div class="grid spend-small">
        <Text
          label={say('valid_from')}
          why={zone}
          type="datetime-local"
          value={from}
          onChange={setFrom}
          wrong={wrongOf(saving.error, 'valid_from')}
        />
        <Text
          label={say('valid_to')}
          why={say('valid_to_why')}
          type="datetime-local"
          value={to}
          onChange={setTo}
          wrong={wrongOf(saving.error, 'valid_to')}
        />
      </div>
      <Field
        label={say('rates')}
        why={say(channel === 'message' ? 'rates.message_why' : 'rates.why')}
        wrong={
          wrong.length
            ? wrong
                .slice(0, 5)
                .map((one) => say('rates.wrong', { line: one.line, why: say(`rates.${one.reason}`) }))
                .join(' ')
            : wrongOf(saving.error, 'rates')
        }
      >
        {(attributes) => (
          <textarea
            {...attributes}
            class="sheet"
            spellcheck={false}
            value={sheet}
            onInput={(event) => setSheet(event.currentTarget.value)}
          />
        )}
      </Field>
      <div class="spread">
        <span class="faint small-text" aria-live="polite">
          {say('rates.count', { count: rates.length, shown: format.count(rates.length) })}
        </span>
        <label class="button small">
          {say('rates.file')}
          <input
            class="unseen"
            type="file"
            accept=".csv,.txt,text/csv"
            onChange={(event) => void load(event.currentTarget.files?.[0])}
          />
        </label>
      </div>
      {deleting ? (
        <Confirm
          title={say('tariffs.delete', { name })}
          text={say('tariffs.delete_why')}
          action={kit('delete')}
          danger
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        />
      ) : null}
    </Editor>
  )
}

function Versions({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const say = useWords('spend')
  const format = useFormat()
  const versions = useAnswer(
    '/v1/directory/tariffs/{id}/versions',
    { params: { path: { id } } },
    { keep: false },
  )
  return (
    <Dialog kind="wide" title={say('versions_of', { name })} onClose={onClose}>
      <Answered query={versions} lines={6}>
        {(found) => (
          <div class="stack">
            {found.versions.map((one, at) => (
              <details key={one.version} open={at === 0} class="version">
                <summary>
                  <b>{say('version_no', { version: one.version })}</b>{' '}
                  <span class="faint">
                    {one.written_at ? format.at(one.written_at) : say('beginning')} –{' '}
                    {one.until ? format.at(one.until) : say('now')}
                  </span>{' '}
                  <span class="faint small-text">
                    {say('rates.count', { count: one.rates.length, shown: format.count(one.rates.length) })}
                  </span>
                </summary>
                <RatesTable rates={one.rates} currency={one.currency} />
              </details>
            ))}
          </div>
        )}
      </Answered>
    </Dialog>
  )
}

function RatesTable({ rates, currency }: { rates: readonly Rate[]; currency: string }) {
  const say = useWords('spend')
  const format = useFormat()
  return (
    <Table
      label={say('rates')}
      rows={[...rates]}
      rowKey={(rate) => rate.prefix}
      columns={[
        {
          id: 'prefix',
          title: say('prefix'),
          names: true,
          cell: (rate) => (rate.prefix ? `+${rate.prefix}` : say('everything_else')),
        },
        { id: 'name', title: say('name'), cell: (rate) => rate.name },
        {
          id: 'minute',
          title: say('per_minute'),
          end: true,
          cell: (rate) => <Amount amount={rate.per_minute} currency={currency} fine />,
        },
        {
          id: 'fee',
          title: say('connect_fee'),
          end: true,
          cell: (rate) => <Amount amount={rate.connect_fee} currency={currency} fine />,
        },
        {
          id: 'increment',
          title: say('increment'),
          end: true,
          cell: (rate) => format.seconds(rate.increment_s),
        },
      ]}
    />
  )
}
