// Users, numbers and contacts as files: a dry run first, every mistake by line and column, then the import; and the
// way out.
import { FileDown, FileUp } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { AskError, answered, client, type GetPath, queries, type Schemas } from '../../ask'
import { useFormat } from '../../kit/format'
import { Drawer, useToast } from '../../kit/overlay'
import { Notice } from '../../kit/pieces'
import { Table } from '../../kit/table'
import { useMay } from '../../session'
import { useWords } from '../../words'
import { Wrong } from './editing'

type Imported = Schemas['Imported']
export type Kind = 'users' | 'numbers' | 'contacts'

interface Mistake {
  line?: number
  column?: string
  reason?: string
}

const SHOWN = 200
const COLUMNS: Record<Kind, string> = {
  users: 'id, email, name, role, abilities, without, teams, manages, numbers, accounts, signs_in',
  numbers: 'id, e164, name, country, team, source, provider_ids',
  contacts: 'id, name, company, numbers, email, field.<name>',
}

function send(kind: Kind, file: File, dryRun: boolean) {
  const asked = {
    params: { query: { dry_run: dryRun } },
    body: '',
    // The file's own bytes: its encoding is the API's to judge.
    bodySerializer: () => file,
    headers: { 'Content-Type': 'text/csv' },
  }
  if (kind === 'users') return client.POST('/v1/directory/users/import', asked)
  if (kind === 'numbers') return client.POST('/v1/directory/numbers/import', asked)
  return client.POST('/v1/directory/contacts/import', asked)
}

const LISTS: Record<Kind, GetPath[]> = {
  users: ['/v1/directory/users', '/v1/directory/teams'],
  numbers: ['/v1/directory/numbers'],
  contacts: ['/v1/directory/contacts'],
}

export function save(text: BlobPart, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

export function Transfer({
  kind,
  mayImport,
  onClose,
}: {
  kind: Kind
  mayImport: boolean
  onClose: () => void
}) {
  const say = useWords('settings')
  const tell = useToast()
  const mayExport = useMay('export')
  const [file, setFile] = useState<File | null>(null)
  const [report, setReport] = useState<Imported | null>(null)
  const [error, setError] = useState<AskError | null>(null)
  const [busy, setBusy] = useState(false)

  const attempt = async (work: () => Promise<void>) => {
    setBusy(true)
    setError(null)
    try {
      await work()
    } catch (wrong) {
      setError(wrong instanceof AskError ? wrong : new AskError(0, 'offline', String(wrong)))
    } finally {
      setBusy(false)
    }
  }
  const look = (chosen: File) =>
    attempt(async () => {
      setFile(chosen)
      setReport(null)
      setReport(await answered(send(kind, chosen, true)))
    })
  const apply = () =>
    attempt(async () => {
      if (!file) return
      setReport(await answered(send(kind, file, false)))
      setFile(null)
      await Promise.all(LISTS[kind].map((path) => queries.invalidateQueries({ queryKey: [path] })))
      tell(say('transfer.done'))
    })
  const bring = () =>
    attempt(async () => {
      let after = ''
      let part = 1
      do {
        let next = ''
        const noted = <T extends { response: Response }>(got: T): T => {
          next = decodeURIComponent(got.response.headers.get('Ringlake-Next') ?? '')
          return got
        }
        const asked =
          kind === 'users'
            ? client.GET('/v1/directory/users/export', { parseAs: 'blob' })
            : kind === 'numbers'
              ? client.GET('/v1/directory/numbers/export', { parseAs: 'blob' })
              : client.GET('/v1/directory/contacts/export', {
                  params: { query: after ? { after } : {} },
                  parseAs: 'blob',
                })
        const data = (await answered<unknown>(asked.then(noted))) as Blob
        save(data, part === 1 && !next ? `${kind}.csv` : `${kind}-${part}.csv`)
        after = next
        part += 1
      } while (after)
    })
  return (
    <Drawer title={say(`transfer.${kind}`)} onClose={onClose}>
      <div class="stack">
        <Wrong error={error} />
        {mayExport ? (
          <section class="tight">
            <h3>{say('transfer.out')}</h3>
            <p class="faint small-text">{say('transfer.out.text')}</p>
            <div>
              <button type="button" disabled={busy} onClick={bring}>
                <FileDown size={16} aria-hidden="true" /> {say('transfer.download')}
              </button>
            </div>
          </section>
        ) : null}
        {mayImport ? (
          <section class="tight">
            <h3>{say('transfer.in')}</h3>
            <p class="faint small-text">{say('transfer.in.text')}</p>
            <p class="small-text">
              {say('transfer.columns')} <code>{COLUMNS[kind]}</code>
            </p>
            <label class="tight">
              <span>{say('transfer.file')}</span>
              <input
                type="file"
                accept=".csv,text/csv"
                disabled={busy}
                onChange={(event) => {
                  const chosen = event.currentTarget.files?.[0]
                  if (chosen) void look(chosen)
                }}
              />
            </label>
            {report ? <Report report={report} /> : null}
            {report && file && !report.error_count && report.dry_run ? (
              <div>
                <button
                  type="button"
                  class="primary"
                  disabled={busy || !(report.created + report.changed)}
                  onClick={apply}
                >
                  <FileUp size={16} aria-hidden="true" /> {say('transfer.apply')}
                </button>
              </div>
            ) : null}
          </section>
        ) : null}
      </div>
    </Drawer>
  )
}

function Report({ report }: { report: Imported }) {
  const say = useWords('settings')
  const format = useFormat()
  const mistakes = report.errors as unknown as Mistake[]
  const counts = {
    lines: report.lines,
    created: report.created,
    changed: report.changed,
    same: report.unchanged,
  }
  return (
    <div class="stack" role="status">
      <Notice tone={report.error_count ? 'bad' : 'good'}>
        {report.error_count
          ? say('transfer.mistakes', { count: report.error_count })
          : say(report.applied ? 'transfer.applied' : 'transfer.would', counts)}
      </Notice>
      {mistakes.length ? (
        <Table
          label={say('transfer.mistakes', { count: report.error_count })}
          columns={[
            { id: 'line', title: say('line'), end: true, cell: (one) => format.count(one.line) },
            { id: 'column', title: say('column'), cell: (one) => <code>{one.column}</code> },
            { id: 'reason', title: say('reason'), cell: (one) => one.reason },
          ]}
          rows={mistakes.slice(0, SHOWN)}
          rowKey={(one) => `${one.line} ${one.column} ${one.reason}`}
        />
      ) : null}
      {mistakes.length > SHOWN ? <p class="faint">{say('transfer.more', { count: SHOWN })}</p> : null}
    </div>
  )
}
