// Customers: who is in touch with us, and all about one of them (features.md O49).
import { useRoute } from 'wouter-preact'
import { OneCustomer } from './customer'
import { CustomerList } from './list'

export default function CustomersPage() {
  const [, params] = useRoute('/app/customers/:id')
  return params?.id ? <OneCustomer key={params.id} id={params.id} /> : <CustomerList />
}
