// A file that is tried before it is taken: what would be done, every mistake by line, then the import itself.
import { Upload } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { AskError, answered } from '../../ask'
import { useFormat } from '../../kit/format'
import { Notice } from '../../kit/pieces'
import { useWords } from '../../words'

export interface Mistake {
  line?: number
  column?: string
  reason?: string
}

export function Mistakes({ errors, count }: { errors: readonly Mistake[]; count: number }) {
  const say = useWords('spend')
  const format = useFormat()
  return (
    <Notice tone="bad">
      <div class="tight">
        <b>{say('mistakes', { count, shown: format.count(count) })}</b>
        <ul class="mistakes">
          {errors.slice(0, 20).map((one) => (
            <li key={`${one.line} ${one.column} ${one.reason}`}>
              {one.line ? say('line', { line: one.line }) : ''}{' '}
              {one.column ? <code>{one.column}</code> : null} {one.reason}
            </li>
          ))}
        </ul>
      </div>
    </Notice>
  )
}

/** What of a refused import says why: the mistakes of its lines, or the refusal itself. */
export function Refused({ error }: { error: AskError }) {
  const errors = Array.isArray(error.document.errors) ? (error.document.errors as Mistake[]) : []
  if (errors.some((one) => one.line !== undefined)) {
    return <Mistakes errors={errors} count={Number(error.document.error_count ?? errors.length)} />
  }
  return (
    <Notice tone="bad">
      <div class="tight">
        <b>{error.detail || error.title}</b>
        {error.errors.map((one) => (
          <span key={one.field + one.reason}>
            {one.field}: {one.reason}
          </span>
        ))}
      </div>
    </Notice>
  )
}

export function FilePick({ label, onPick }: { label: string; onPick: (file: File) => void }) {
  return (
    <label class="button">
      <Upload size={16} aria-hidden="true" /> {label}
      <input
        class="unseen"
        type="file"
        accept=".csv,.txt,text/csv"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0]
          event.currentTarget.value = ''
          if (file) onPick(file)
        }}
      />
    </label>
  )
}

type Asked<T> = Promise<{ data?: T; error?: unknown; response: Response }>

/** One question at a time, with its answer or refusal. */
export function useTry<T>() {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<AskError | null>(null)
  const [answer, setAnswer] = useState<T | null>(null)
  const run = async (ask: () => Asked<T>): Promise<T | null> => {
    setBusy(true)
    setError(null)
    try {
      const got = await answered(ask())
      setAnswer(got)
      return got
    } catch (wrong) {
      setAnswer(null)
      setError(wrong instanceof AskError ? wrong : new AskError(0, 'offline', String(wrong)))
      return null
    } finally {
      setBusy(false)
    }
  }
  const clear = () => {
    setError(null)
    setAnswer(null)
  }
  return { busy, error, answer, run, clear }
}
