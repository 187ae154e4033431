package simulator

import (
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/delivery"
)

// Cloud gives the tests the cloud that the APIs show.
func (s *Simulator) Cloud() *cloud.Cloud { return s.cloud }

// Sender gives the tests what waits to be sent.
func (s *Simulator) Sender() *delivery.Sender { return s.sender }
