// Choosing columns of a file and their order.
import { ArrowDown, ArrowUp } from 'lucide-preact'
import { useId, useState } from 'preact/hooks'
import type { Schemas } from '../../ask'
import { matches } from '../../kit/choices'
import { useWords } from '../../words'

interface ChooserProps {
  columns: Schemas['OfferedColumn'][]
  /** Codes in their order; null is the usual ones. */
  chosen: string[] | null
  onChange: (chosen: string[] | null) => void
}

export function ColumnChooser({ columns, chosen, onChange }: ChooserProps) {
  const say = useWords('exports')
  const id = useId()
  const [searched, search] = useState('')
  const usual = columns.filter((column) => column.usual).map((column) => column.code)
  const codes = chosen ?? usual
  const words = new Map(columns.map((column) => [column.code, column.words]))
  const rest = columns.filter((column) => !codes.includes(column.code))
  const shown = [...codes, ...rest.map((column) => column.code)].filter((code) =>
    matches({ id: code, name: words.get(code) ?? code, about: code }, searched),
  )
  const toggle = (code: string) =>
    onChange(codes.includes(code) ? codes.filter((one) => one !== code) : [...codes, code])
  const move = (code: string, by: number) => {
    const at = codes.indexOf(code)
    const next = codes.filter((one) => one !== code)
    next.splice(at + by, 0, code)
    onChange(next)
  }
  return (
    <details class="export-columns">
      <summary>{say('columns', { chosen: codes.length, all: columns.length })}</summary>
      <div class="tight">
        <div class="row">
          <input
            type="search"
            value={searched}
            placeholder={say('columns.search')}
            aria-label={say('columns.search')}
            onInput={(event) => search(event.currentTarget.value)}
          />
          <button type="button" class="small" onClick={() => onChange(null)}>
            {say('columns.usual')}
          </button>
          <button type="button" class="small" onClick={() => onChange(columns.map((column) => column.code))}>
            {say('columns.all')}
          </button>
          <button type="button" class="small" onClick={() => onChange([])}>
            {say('columns.none')}
          </button>
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
        <div class="export-column-list" role="group" aria-label={say('columns.label')} tabIndex={0}>
          {shown.map((code) => {
            const at = codes.indexOf(code)
            return (
              <div class="export-column" key={code}>
                <label for={`${id}-${code}`}>
                  <input
                    id={`${id}-${code}`}
                    type="checkbox"
                    checked={at >= 0}
                    onChange={() => toggle(code)}
                  />
                  <span>
                    {words.get(code) ?? code} <code class="faint small-text">{code}</code>
                  </span>
                </label>
                {at >= 0 && !searched ? (
                  <span class="nowrap">
                    <button
                      type="button"
                      class="quiet small"
                      disabled={at === 0}
                      onClick={() => move(code, -1)}
                    >
                      <ArrowUp size={14} aria-hidden="true" />
                      <span class="unseen">{say('columns.up', { what: words.get(code) ?? code })}</span>
                    </button>
                    <button
                      type="button"
                      class="quiet small"
                      disabled={at === codes.length - 1}
                      onClick={() => move(code, 1)}
                    >
                      <ArrowDown size={14} aria-hidden="true" />
                      <span class="unseen">{say('columns.down', { what: words.get(code) ?? code })}</span>
                    </button>
                  </span>
                ) : null}
              </div>
            )
          })}
        </div>
        {codes.length ? null : <p class="bad small-text">{say('columns.empty')}</p>}
      </div>
    </details>
  )
}
