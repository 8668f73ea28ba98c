// The system's own libpq; pkg-config says where its header is.
#include <libpq-fe.h>
