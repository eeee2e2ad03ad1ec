// How a file is written: format, headers, language. Schedules and finance queries ask for it alike.
import type { Schemas } from '../../ask'
import { type AskError, useAnswer } from '../../ask'
import { Select, wrongOf } from '../../kit/inputs'
import { LANGUAGE_NAMES, LANGUAGES, type Language, useWords } from '../../words'

export interface FileForm {
  format: Schemas['Format']
  dialect: Schemas['Dialect']
  headers: Schemas['Headers']
  language: Language | null
}

export const USUAL_FORM: FileForm = {
  format: 'xlsx',
  dialect: 'spreadsheet',
  headers: 'labels',
  language: null,
}

/** The form as its format lets it be. */
function fitting(form: FileForm): FileForm {
  const programs = form.format === 'jsonl' || form.format === 'parquet'
  return {
    ...form,
    dialect: form.format === 'csv' ? form.dialect : 'spreadsheet',
    headers: programs ? 'codes' : form.headers,
  }
}

interface FormProps {
  form: FileForm
  onChange: (form: FileForm) => void
  error?: AskError | null
}

export function FileFormFields({ form, onChange, error }: FormProps) {
  const say = useWords('exports')
  const formats = useAnswer('/v1/exports/reports', { params: { query: { report: 'interactions' } } }).data
    ?.formats
  const may = formats?.find((one) => one.format === form.format)
  const set = (changed: Partial<FileForm>) => onChange(fitting({ ...form, ...changed }))
  const headed = form.format === 'csv' || form.format === 'xlsx'
  return (
    <div class="grid export-small">
      <Select
        label={say('format')}
        value={form.format}
        options={(['xlsx', 'csv', 'jsonl', 'parquet'] as const).map((one) => ({
          id: one,
          name: say(`format.${one}`),
        }))}
        onChange={(format) => set({ format, headers: format === 'xlsx' ? 'labels' : 'codes' })}
        wrong={wrongOf(error, 'format')}
      />
      {may && may.dialects.length > 1 ? (
        <Select
          label={say('dialect')}
          value={form.dialect}
          options={may.dialects.map((one) => ({ id: one, name: say(`dialect.${one}`) }))}
          onChange={(dialect) => set({ dialect })}
          wrong={wrongOf(error, 'dialect')}
        />
      ) : null}
      {headed ? (
        <Select
          label={say('headers')}
          value={form.headers}
          options={(['codes', 'labels', 'both'] as const).map((one) => ({
            id: one,
            name: say(`headers.${one}`),
          }))}
          onChange={(headers) => set({ headers })}
          wrong={wrongOf(error, 'headers')}
        />
      ) : null}
      <Select
        label={say('language')}
        value={form.language ?? ''}
        options={[
          { id: '' as const, name: say('language.usual') },
          ...LANGUAGES.map((one) => ({ id: one, name: LANGUAGE_NAMES[one] })),
        ]}
        onChange={(language) => set({ language: language || null })}
        wrong={wrongOf(error, 'language')}
      />
    </div>
  )
}
