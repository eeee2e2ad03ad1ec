// Importing an invoice: the file, how its columns are read, what would be found, and then the import.
import { useMemo, useState } from 'preact/hooks'
import { AskError, answered, client, queries, type Schemas, useAnswer } from '../../ask'
import { useFormat } from '../../kit/format'
import { Select, Text, wrongOf } from '../../kit/inputs'
import { Dialog } from '../../kit/overlay'
import { Notice } from '../../kit/pieces'
import { useSession } from '../../session'
import { useTerms, useWords } from '../../words'
import { ifMatch } from '../settings/editing'
import { Tally } from './invoices'
import { type Columns, FIELDS, guess, guessForm, type InvoiceField, lacks, preview } from './preview'
import { FilePick, type Mistake, Mistakes, Refused, useTry } from './take'

const ENCODINGS = ['utf-8', 'utf-16', 'cp1250', 'cp1251', 'cp1252', 'iso-8859-2'] as const
type Encoding = (typeof ENCODINGS)[number]
// The browser's names of the same.
const DECODERS: Record<Encoding, string> = {
  'utf-8': 'utf-8',
  'utf-16': 'utf-16le',
  cp1250: 'windows-1250',
  cp1251: 'windows-1251',
  cp1252: 'windows-1252',
  'iso-8859-2': 'iso-8859-2',
}
const FORMS = [
  '',
  'DD.MM.YYYY hh:mm',
  'DD.MM.YYYY hh:mm:ss',
  'DD/MM/YYYY hh:mm',
  'MM/DD/YYYY hh:mm AM',
  'YYYY-MM-DD hh:mm',
] as const

interface Draft {
  columns: Columns
  channel: '' | 'call' | 'message'
  zone: string
  country: string
  currency: string
  moment_form: string
  duration_form: Schemas['DurationForm']
  decimal_mark: '.' | ','
  encoding: Encoding
  skip_lines: string
  start_tolerance_s: string
  duration_tolerance_s: string
  amount_tolerance: string
  leave_out: Record<string, string[]>
}

const usual = (zone: string): Draft => ({
  columns: {},
  channel: '',
  zone,
  country: '',
  currency: '',
  moment_form: '',
  duration_form: 'seconds',
  decimal_mark: '.',
  encoding: 'utf-8',
  skip_lines: '0',
  start_tolerance_s: '120',
  duration_tolerance_s: '1',
  amount_tolerance: '0.0001',
  leave_out: {},
})

const draftOf = (mapping: Schemas['MappingView']): Draft => ({
  columns: mapping.columns,
  channel: mapping.channel as Draft['channel'],
  zone: mapping.zone,
  country: mapping.country,
  currency: mapping.currency,
  moment_form: mapping.moment_form,
  duration_form: mapping.duration_form,
  decimal_mark: mapping.decimal_mark as Draft['decimal_mark'],
  encoding: mapping.encoding as Encoding,
  skip_lines: String(mapping.skip_lines),
  start_tolerance_s: String(mapping.start_tolerance_s),
  duration_tolerance_s: String(mapping.duration_tolerance_s),
  amount_tolerance: mapping.amount_tolerance,
  leave_out: mapping.leave_out,
})

interface Picked {
  name: string
  bytes: ArrayBuffer
}

const decoded = (bytes: ArrayBuffer, encoding: Encoding): string =>
  new TextDecoder(DECODERS[encoding]).decode(bytes)

export function InvoiceImport({ onClose, onDone }: { onClose: () => void; onDone: (id: string) => void }) {
  const say = useWords('spend')
  const kit = useWords('kit')
  const mappings = useAnswer('/v1/invoice-mappings', {}, { keep: false })
  const connections = useAnswer('/v1/directory/connections', {})
  const [connection, setConnection] = useState('')
  const [file, setFile] = useState<Picked | null>(null)
  const mapping = mappings.data?.mappings.find((one) => one.connection === connection)
  const pick = async (chosen: File) => setFile({ name: chosen.name, bytes: await chosen.arrayBuffer() })
  const ready = connection && file && mappings.data
  return (
    <Dialog kind="wide" title={say('invoices.import')} onClose={onClose}>
      <div class="stack">
        <p class="faint">{say('invoices.import_why')}</p>
        <div class="row">
          <label class="row">
            <span>{say('connection')}</span>
            <select value={connection} onChange={(event) => setConnection(event.currentTarget.value)}>
              <option value="">{say('choose')}</option>
              {(connections.data?.connections ?? []).map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name || one.id}
                </option>
              ))}
            </select>
          </label>
          <FilePick label={file ? file.name : say('invoices.file')} onPick={(chosen) => void pick(chosen)} />
        </div>
        {ready ? (
          <Mapped
            key={`${connection} ${file.name} ${mapping?.version ?? 0}`}
            connection={connection}
            file={file}
            mapping={mapping}
            zone={connections.data?.connections.find((one) => one.id === connection)?.zone ?? 'UTC'}
            onDone={onDone}
          />
        ) : (
          <p class="faint small-text">{connection || file ? say('invoices.both') : ''}</p>
        )}
        <div class="row end">
          <button type="button" onClick={onClose}>
            {kit('cancel')}
          </button>
        </div>
      </div>
    </Dialog>
  )
}

interface MappedProps {
  connection: string
  file: Picked
  mapping: Schemas['MappingView'] | undefined
  zone: string
  onDone: (id: string) => void
}

function Mapped({ connection, file, mapping, zone, onDone }: MappedProps) {
  const say = useWords('spend')
  const term = useTerms()
  const session = useSession()
  const [draft, setDraft] = useState<Draft>(() => {
    if (mapping) return draftOf(mapping)
    const first = usual(zone)
    const sample = preview(decoded(file.bytes, first.encoding), 0)
    const columns = guess(sample.header)
    const currency = columns.currency ? '' : session.me.workspace.currency
    return { ...first, columns, currency, ...guessForm(sample, columns) }
  })
  const [name, setName] = useState('')
  const [first, setFirst] = useState('')
  const [last, setLast] = useState('')
  const [refused, setRefused] = useState<AskError | null>(null)
  const [version, setVersion] = useState(mapping?.version ?? 0)
  const trial = useTry<Schemas['ImportedInvoice']>()
  const set = (patch: Partial<Draft>) => {
    setDraft({ ...draft, ...patch })
    trial.clear()
    setRefused(null)
  }
  const shown = useMemo(
    () => preview(decoded(file.bytes, draft.encoding), Number(draft.skip_lines) || 0),
    [file, draft.encoding, draft.skip_lines],
  )
  const lacking = lacks(draft.columns)
  const wrong = (field: string) => wrongOf(refused, field)
  const edits = session.may('manage_directory')

  /** Keeps the mapping, then says what the file would find with it. */
  const send = async (dry: boolean) => {
    setRefused(null)
    try {
      if (edits && dry) {
        const kept = await answered(
          client.PUT('/v1/invoice-mappings/{connection}', {
            params: {
              path: { connection },
              header: version ? ifMatch(String(version)) : { 'If-Match': '*' },
            },
            body: {
              ...draft,
              columns: Object.fromEntries(Object.entries(draft.columns).filter(([, head]) => head)),
              country: draft.country.toUpperCase(),
              currency: draft.currency.toUpperCase(),
              skip_lines: Number(draft.skip_lines) || 0,
              start_tolerance_s: Number(draft.start_tolerance_s) || 0,
              duration_tolerance_s: Number(draft.duration_tolerance_s) || 0,
              amount_tolerance: draft.amount_tolerance.trim().replace(',', '.'),
            },
          }),
        )
        setVersion(kept.version)
      }
    } catch (error) {
      setRefused(error instanceof AskError ? error : new AskError(0, 'offline', String(error)))
      return
    }
    const type = draft.encoding === 'utf-8' ? 'text/csv' : 'application/octet-stream'
    const done = await trial.run(() =>
      client.POST('/v1/invoices', {
        params: {
          query: {
            connection,
            dry_run: dry,
            ...(name.trim() ? { name: name.trim() } : {}),
            ...(first && last ? { from: first, to: last } : {}),
          },
        },
        body: '',
        bodySerializer: () => new Blob([file.bytes]),
        headers: { 'Content-Type': type },
      }),
    )
    if (done && !dry && done.invoice) {
      await Promise.all(
        (['/v1/invoices', '/v1/invoice-mappings'] as const).map((path) =>
          queries.invalidateQueries({ queryKey: [path] }),
        ),
      )
      onDone(done.invoice.id)
    }
  }
  const plan = trial.answer
  return (
    <div class="stack">
      <Sample draft={draft} shown={shown} onChange={set} />
      {lacking.length ? (
        <Notice tone="warn">
          <div class="tight">
            {lacking.map((one) => (
              <span key={one}>{say(`lacks.${one}`)}</span>
            ))}
          </div>
        </Notice>
      ) : null}
      <details class="mapping-more" open={!mapping}>
        <summary>{say('mapping.how')}</summary>
        <div class="grid spend-small">
          <Select
            label={say('mapping.encoding')}
            value={draft.encoding}
            options={ENCODINGS.map((id) => ({ id, name: id }))}
            onChange={(encoding) => set({ encoding })}
          />
          <Text
            label={say('mapping.skip')}
            type="number"
            min="0"
            max="100"
            value={draft.skip_lines}
            onChange={(skip_lines) => set({ skip_lines })}
            wrong={wrong('skip_lines')}
          />
          <Text
            label={say('mapping.moments')}
            why={say('mapping.moments_why')}
            list="moment-forms"
            placeholder="ISO 8601"
            value={draft.moment_form}
            onChange={(moment_form) => set({ moment_form })}
            wrong={wrong('moment_form')}
          />
          <datalist id="moment-forms">
            {FORMS.map((form) => (
              <option key={form} value={form} />
            ))}
          </datalist>
          <Text
            label={say('mapping.zone')}
            value={draft.zone}
            onChange={(next) => set({ zone: next })}
            wrong={wrong('zone')}
          />
          <Select
            label={say('mapping.durations')}
            value={draft.duration_form}
            options={(['seconds', 'minutes', 'clock'] as const).map((id) => ({
              id,
              name: say(`durations.${id}`),
            }))}
            onChange={(duration_form) => set({ duration_form })}
          />
          <Select
            label={say('mapping.decimal')}
            value={draft.decimal_mark}
            options={[
              { id: '.', name: '1234.56' },
              { id: ',', name: '1234,56' },
            ]}
            onChange={(decimal_mark) => set({ decimal_mark })}
          />
          <Text
            label={say('currency')}
            why={say('mapping.currency_why')}
            maxLength={3}
            value={draft.currency}
            onChange={(currency) => set({ currency })}
            wrong={wrong('currency')}
          />
          <Text
            label={say('mapping.country')}
            why={say('mapping.country_why')}
            maxLength={2}
            value={draft.country}
            onChange={(country) => set({ country })}
            wrong={wrong('country')}
          />
          <Select
            label={say('channel')}
            value={draft.channel}
            options={[
              { id: '', name: say('all') },
              { id: 'call', name: term('channel.call') },
              { id: 'message', name: term('channel.message') },
            ]}
            onChange={(channel) => set({ channel })}
          />
          <Text
            label={say('mapping.start_tolerance')}
            type="number"
            min="0"
            max="3600"
            value={draft.start_tolerance_s}
            onChange={(start_tolerance_s) => set({ start_tolerance_s })}
            wrong={wrong('start_tolerance_s')}
          />
          <Text
            label={say('mapping.duration_tolerance')}
            type="number"
            min="0"
            max="3600"
            value={draft.duration_tolerance_s}
            onChange={(duration_tolerance_s) => set({ duration_tolerance_s })}
            wrong={wrong('duration_tolerance_s')}
          />
          <Text
            label={say('mapping.amount_tolerance')}
            inputMode="decimal"
            value={draft.amount_tolerance}
            onChange={(amount_tolerance) => set({ amount_tolerance })}
            wrong={wrong('amount_tolerance')}
          />
        </div>
        <LeaveOut draft={draft} header={shown.header} onChange={set} />
      </details>
      <div class="grid spend-small">
        <Text
          label={say('name')}
          why={say('invoices.name_why')}
          maxLength={120}
          value={name}
          onChange={setName}
        />
        <Text
          label={say('invoices.first')}
          why={say('invoices.first_why')}
          type="date"
          value={first}
          onChange={setFirst}
        />
        <Text label={say('invoices.last')} type="date" value={last} onChange={setLast} />
      </div>
      {refused ? <Refused error={refused} /> : null}
      {trial.error ? <Refused error={trial.error} /> : null}
      {plan?.error_count ? <Mistakes errors={plan.errors as Mistake[]} count={plan.error_count} /> : null}
      {plan?.invoice && !plan.error_count ? <Plan plan={plan} /> : null}
      <div class="row">
        <button type="button" disabled={trial.busy || lacking.length > 0} onClick={() => void send(true)}>
          {say('invoices.try')}
        </button>
        <button
          type="button"
          class="primary"
          disabled={trial.busy || !plan?.invoice || plan.error_count > 0}
          onClick={() => void send(false)}
        >
          {say('import')}
        </button>
        {trial.busy ? <span class="faint">{say('invoices.comparing')}</span> : null}
      </div>
    </div>
  )
}

/** The first lines of the file, with a choice above each column of what it holds. */
function Sample({
  draft,
  shown,
  onChange,
}: {
  draft: Draft
  shown: ReturnType<typeof preview>
  onChange: (patch: Partial<Draft>) => void
}) {
  const say = useWords('spend')
  const format = useFormat()
  const held = (head: string): InvoiceField | '' =>
    FIELDS.find((field) => draft.columns[field] === head) ?? ''
  const choose = (head: string, field: InvoiceField | '') => {
    const columns: Columns = { ...draft.columns }
    for (const one of FIELDS) if (columns[one] === head) delete columns[one]
    if (field) columns[field] = head
    onChange({ columns })
  }
  return (
    <div class="tight">
      <h3>{say('mapping.what')}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <div class="sample" tabIndex={0} role="region" aria-label={say('mapping.what')}>
        <table class="rows">
          <thead>
            <tr>
              {shown.header.map((head, at) => (
                <th key={`${head} ${at}`} scope="col">
                  <div class="tight">
                    <span>{head}</span>
                    <select
                      aria-label={say('mapping.holds', { column: head })}
                      value={held(head)}
                      onChange={(event) => choose(head, event.currentTarget.value as InvoiceField | '')}
                    >
                      <option value="">{say('mapping.nothing')}</option>
                      {FIELDS.map((field) => (
                        <option key={field} value={field}>
                          {say(`holds.${field}`)}
                        </option>
                      ))}
                    </select>
                  </div>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.rows.map((row, line) => (
              <tr key={line}>
                {shown.header.map((head, at) => (
                  <td key={`${head} ${at}`} class={held(head) ? '' : 'faint'}>
                    {row[at] ?? ''}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="faint small-text">
        {say('mapping.lines', { count: shown.lines, shown: format.count(shown.lines) })}
      </p>
    </div>
  )
}

/** Lines that are none: sums, rent of another service. */
function LeaveOut({
  draft,
  header,
  onChange,
}: {
  draft: Draft
  header: readonly string[]
  onChange: (patch: Partial<Draft>) => void
}) {
  const say = useWords('spend')
  const [column, setColumn] = useState(Object.keys(draft.leave_out)[0] ?? '')
  const put = (head: string, text: string) => {
    const values = text
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean)
    onChange({
      leave_out:
        head && values.length ? { ...draft.leave_out, [head]: values } : withoutKey(draft.leave_out, head),
    })
  }
  return (
    <div class="grid spend-small">
      <Select
        label={say('mapping.leave_column')}
        why={say('mapping.leave_why')}
        value={column}
        options={[{ id: '', name: '–' }, ...header.map((head) => ({ id: head, name: head }))]}
        onChange={setColumn}
      />
      {column ? (
        <Text
          label={say('mapping.leave_values')}
          value={(draft.leave_out[column] ?? []).join(', ')}
          onChange={(text) => put(column, text)}
        />
      ) : null}
    </div>
  )
}

function withoutKey(from: Record<string, string[]>, key: string): Record<string, string[]> {
  const { [key]: _, ...rest } = from
  return rest
}

function Plan({ plan }: { plan: Schemas['ImportedInvoice'] }) {
  const say = useWords('spend')
  const format = useFormat()
  const { invoice } = plan
  if (!invoice) return null
  return (
    <Notice tone="good">
      <div class="tight" role="status">
        <b>
          {say('invoices.plan', {
            lines: format.count(invoice.lines),
            from: format.day(invoice.period_from),
            to: format.day(invoice.period_to),
          })}
        </b>
        <Tally tally={invoice.tally} />
        {invoice.offset_s ? (
          <span class="warn">{say('offset', { time: format.seconds(invoice.offset_s), zone: '' })}</span>
        ) : null}
        {plan.known ? <span>{say('invoices.known')}</span> : null}
      </div>
    </Notice>
  )
}
