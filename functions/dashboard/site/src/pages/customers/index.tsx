import { Page } from '../../shell'
import { useWords } from '../../words'

export default function CustomersPage() {
  const shell = useWords('shell')
  return <Page title={shell('page.customers')}>{null}</Page>
}
